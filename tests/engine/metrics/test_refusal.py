"""Real-looking answers that decline, and real-looking answers that only sound like it."""

import time

import pytest

from engine.metrics._refusal import declines

DECLINES = [
    "I'm sorry, I don't have that information.",
    "I’m sorry, but I don’t have that information. Please contact support@example.com.",
    "I do not know.",
    "I don't know the answer to that question.",
    "I really don't know.",
    "Sorry, I don't know that. You can ask our support team at 555-0134.",
    "I do not know, but you can call us on 555-0134.",
    "I'm not able to answer questions about that.",
    "I'm unable to provide information on the CEO's salary.",
    "I am not able to help with that, but our support team can.",
    "I cannot answer that.",
    "Unfortunately, I can't help with that.",
    "As an AI language model, I don't have access to real-time data.",
    "As a large language model, I cannot browse the internet.",
    "I'm an AI assistant. I do not have personal opinions.",
    "I'm sorry for any confusion, but as a digital assistant, I don't have the ability to track orders.",
    "Thank you for your question! Unfortunately, I do not have any details about our competitors' prices.",
    "That's a great question. I'm not sure.",
    "I'm not aware of any such product.",
    "I'm not familiar with that company.",
    "I have no information about this.",
    "I have no idea.",
    "We don't have information on that topic.",
    "We are not able to comment on that.",
    "I couldn't find any information about the moon office.",
    "There is no information about that in the handbook.",
    "The text does not mention who founded the club.",
    "The passage doesn't say.",
    "The provided context does not specify a date.",
    "This is not mentioned in the text.",
    "The answer cannot be determined from the passage.",
    "It is not known when the next model will be released.",
    "That is outside my area of expertise.",
    "That's beyond the scope of what I can discuss.",
    "I can only answer questions about Acme's products.",
    "I only have information about our own products.",
    "That's not something I can help with.",
    "That isn't something I know.",
    "I must respectfully decline.",
    "My training data does not include that.",
    "Unknown.",
    "N/A",
    "Not enough information to answer.",
    "\"I'm sorry, I don't have that information.\"",
    "**I'm sorry**, I don't have that information.",
    "I'm sorry for any misunderstanding, but as a chatbot designed to assist with banking, I don't have the ability to "
    "access personal data unless it's provided by a trusted source.",
    "I'm sorry, but as a medical AI, I'm designed to inform. I'm not equipped to provide medical advice.",
    "I currently do not have specific information regarding the weather.",
    "申し訳ございませんが、その情報は持ち合わせておりません。",
    "申し訳ありません。わかりません。",
    "分かりません。",
    "その件については分かりかねます。",
    "恐れ入りますが、お答えできません。",
    "申し訳ございませんが、お答えいたしかねます。",
    "その質問にはお答えすることができません。",
    "AI言語モデルのため、リアルタイムの情報にはアクセスできず、回答できません。",
    "手元の資料には記載がありません。",
    "本文には記載されていません。",
    "その点は不明です。",
    "存じ上げません。",
    "該当する情報が見つかりませんでした。",
    "お問い合わせありがとうございます。あいにく、その情報はございません。",
]
ANSWERS = [
    "Sorry for the delay, it takes 5 days.",
    "I'm sorry to hear that. You can return it within 30 days.",
    "Returns are accepted within 30 days.",
    "We do not ship to Canada.",
    "I'm sorry, but we do not offer gift cards.",
    "We are not able to change an order after it has left the warehouse.",
    "We cannot refund opened items.",
    "No, there is no cancellation fee.",
    "There is no data limit on the Pro plan.",
    "If you don't know your password, click Forgot password.",
    "If you do not have access to your phone, use a backup code.",
    'Click "I don\'t have access to my phone" and follow the steps.',
    "Select “I don't know my PIN” on the next page.",
    "I'm not sure, but I think delivery takes 5 days.",
    "I don't know the exact figure, but it is about 20 dollars.",
    "You cannot use two codes on one order.",
    "The policy does not cover water damage.",
    "Our head office is in Toronto. I don't have details about parking.",
    "As an AI assistant, I can tell you that returns take 30 days.",
    "I can help with that! Our shop opens at 9 am.",
    "I can't recommend it enough!",
    "I cannot wait to help you.",
    "Yes, you can pay with a card.",
    "It is not available in blue.",
    "This address is outside our delivery area.",
    "I want to know more about the plan.",
    "The moon is made of cheese.",
    "Great question! The warranty lasts 24 months.",
    "Don't you know the order number? It is in the e-mail we sent.",
    "Why don't I have access? Your trial has ended.",
    "None of our plans include that.",
    "I'm feeling a bit optimistic today. I'm not sure how it will play out.",
    "I'm sorry for the inconvenience, but as a coffee shop, we don't have the ability to repair a broken grinder.",
    "I'm sorry for any misunderstanding, but as a Canadian coffee shop, I'm unable to deliver to your location.",
    "I'm sorry for any confusion, but as a coffee shop, we don't typically accept boxes from customers.",
    "The exact cause of Coats disease is not currently known. It runs in families.",
    "In about half of cases, the cause of autoimmune hemolytic anemia cannot be determined.",
    "Unknown charges on your card are refunded within 10 days.",
    "",
    "大変申し訳ございませんが、返品はお受けできません。",
    "お届けは5営業日以内です。",
    "ご不明な点がございましたら、お問い合わせください。",
    "パスワードがわからない場合は、「パスワードを忘れた方」を押してください。",
    "海外への発送はしておりません。",
    "追加料金はありません。",
    "お待たせして申し訳ございません。発送は明日です。",
    "確認メールが届かない場合は、迷惑メールをご確認ください。",
]


@pytest.mark.parametrize("text", DECLINES)
def test_declining_answer_is_recognised(text):
    assert declines(text)


@pytest.mark.parametrize("text", ANSWERS)
def test_answer_that_only_sounds_like_it_is_no_refusal(text):
    assert not declines(text)


@pytest.mark.parametrize(
    "piece", ["the plan does not ", "i really ", "there is no ", "we do not have a ", "as an ai ", "お答え"]
)
def test_a_long_answer_is_judged_in_a_moment(piece):
    started = time.process_time()
    declines(piece * 20_000)
    assert time.process_time() - started < 1
