"""Text that was written in one encoding and read in another: ã¯ for は, cafÃ© for café, 縺薙ｓ for こん."""

import re

# Kana in UTF-8 begin with the bytes E3 81 or E3 82, which CP932 reads as one of these; no Japanese text has so many.
_AS_CP932 = re.compile("[縺繧繝]")
LEAST = 2


def mend(text: str) -> str:
    """The text as it was meant, where that can be told; else the text itself.

    ftfy (Speer 2019) mends what was UTF-8 and read as Latin-1, Windows-1252 and their kin; it changes a text only where
    it looks wrong before and better after. UTF-8 read as Shift_JIS is mended where every byte of it is still there.

    >>> mend("cafÃ©"), mend("縺ゅ→縺ｧ"), mend("café 日本語")
    ('café', 'あとで', 'café 日本語')
    """
    if text.isascii():
        return text
    if len(_AS_CP932.findall(text)) >= LEAST:
        return _from_cp932(text)
    from ftfy import fix_encoding
    from ftfy.badness import is_bad

    return fix_encoding(text) if is_bad(text) else text


def _from_cp932(text: str) -> str:
    try:
        return text.encode("cp932").decode("utf-8")
    except UnicodeError:
        return text
