"""The looks: Gradio's theme in our colours, and the style sheet of what we draw ourselves (page.css)."""

from pathlib import Path

import gradio as gr

from engine import charts

# No web fonts from outside: the page works offline, and Japanese falls back to what each system has.
FONTS = ("system-ui", "-apple-system", "Segoe UI", "Noto Sans JP", "Hiragino Sans", "Yu Gothic UI", "Noto Sans CJK JP")
MONO = ("ui-monospace", "SFMono-Regular", "Menlo", "Consolas", "Noto Sans Mono CJK JP", "monospace")

# Ink on warm paper; vermilion (shu) is the one accent and means "tuned" wherever it carries meaning.
INK = gr.themes.Color(
    "#faf9f7",
    "#f3f1ed",
    "#e6e3dd",
    "#d0ccc4",
    "#a5a19a",
    "#77746f",
    "#595754",
    "#403f3d",
    "#292a2c",
    "#1d1e21",
    "#141518",
)
SHU = gr.themes.Color(
    "#fdf1ed",
    "#fae2da",
    "#f5c6b8",
    "#efa48f",
    "#e97f63",
    "#db5a3a",
    "#c8452a",
    "#a83820",
    "#87301f",
    "#6d2a1d",
    "#3d140c",
)


def theme() -> gr.themes.Base:
    """Gradio's widgets in our colours, quiet: hairline borders, no shadows, generous white."""
    base = gr.themes.Base(
        primary_hue=SHU,
        secondary_hue=INK,
        neutral_hue=INK,
        radius_size=gr.themes.sizes.radius_md,
        text_size=gr.themes.sizes.text_md,
        font=[*FONTS, "sans-serif"],
        font_mono=list(MONO),
    )
    return base.set(
        body_background_fill="*neutral_50",
        body_background_fill_dark="*neutral_950",
        body_text_color="*neutral_900",
        body_text_color_dark="#e9e6e0",
        body_text_color_subdued="#6a6762",
        body_text_color_subdued_dark="#a09d97",
        background_fill_primary="#ffffff",
        background_fill_primary_dark="#1b1c20",
        background_fill_secondary="*neutral_50",
        background_fill_secondary_dark="*neutral_950",
        border_color_primary="*neutral_200",
        border_color_primary_dark="#303238",
        block_background_fill="transparent",
        block_background_fill_dark="transparent",
        block_border_width="0px",
        block_border_width_dark="0px",
        block_padding="0px",
        block_shadow="none",
        block_shadow_dark="none",
        block_label_background_fill="transparent",
        block_label_background_fill_dark="transparent",
        block_label_text_color="*body_text_color_subdued",
        block_label_text_color_dark="*body_text_color_subdued",
        block_title_text_color="*body_text_color",
        block_title_text_color_dark="*body_text_color",
        block_title_text_weight="600",
        block_title_text_size="0.9rem",
        block_info_text_color="*body_text_color_subdued",
        block_info_text_color_dark="*body_text_color_subdued",
        block_info_text_size="0.82rem",
        form_gap_width="0px",
        layout_gap="18px",
        panel_background_fill="transparent",
        panel_background_fill_dark="transparent",
        input_background_fill="#ffffff",
        input_background_fill_dark="#202126",
        input_border_color="*neutral_300",
        input_border_color_dark="#3a3c43",
        input_border_width="1px",
        input_shadow="none",
        input_shadow_focus="0 0 0 3px rgba(219,90,58,.18)",
        input_border_color_focus="*primary_400",
        button_primary_background_fill="*primary_600",
        button_primary_background_fill_hover="*primary_700",
        button_primary_background_fill_dark="*primary_600",
        button_primary_background_fill_hover_dark="*primary_500",
        button_primary_text_color="#ffffff",
        button_secondary_background_fill="#ffffff",
        button_secondary_background_fill_hover="*neutral_100",
        button_secondary_background_fill_dark="#26282d",
        button_secondary_background_fill_hover_dark="#303238",
        button_secondary_border_color="*neutral_300",
        button_secondary_border_color_dark="#3a3c43",
        button_border_width="1px",
        button_primary_border_color="transparent",
        button_primary_border_color_dark="transparent",
        checkbox_label_background_fill="transparent",
        checkbox_label_background_fill_dark="transparent",
        slider_color="*primary_500",
        slider_color_dark="*primary_400",
    )


def css() -> str:
    """The style sheet: what is drawn, then the page around it."""
    return charts.css() + Path(__file__).with_name("page.css").read_text(encoding="utf-8")


# Two bars, before and after: the page's sign in the browser's tab.
ICON = (
    "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 32 32'><rect width='32' height='32' rx='7' fill='%23faf9f7'/>"
    "<rect x='7' y='15' width='7' height='11' rx='2' fill='%238b9bb0'/>"
    "<rect x='18' y='6' width='7' height='20' rx='2' fill='%23c8452a'/></svg>"
)


def head() -> str:
    """The icon and the script of the page: what a click on our own HTML does, and the address in the browser's bar."""
    script = Path(__file__).with_name("page.js").read_text(encoding="utf-8")
    return f'<link rel="icon" type="image/svg+xml" href="data:image/svg+xml,{ICON}"><script>{script}</script>'
