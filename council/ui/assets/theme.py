"""Colours and type of the page; fonts come with Gradio, so that nothing is fetched from elsewhere."""

import gradio as gr

# Only these two weights of the bundled family hold the Latin letters; others would fall back to a system font.
FAMILY = gr.themes.LocalFont("IBM Plex Sans", weights=(400, 700))
FIXED = gr.themes.LocalFont("IBM Plex Mono", weights=(400, 700))

COLOURS = {
    "body_background_fill": "#f6f4ef",
    "body_background_fill_dark": "#15171a",
    "body_text_color": "#23262b",
    "body_text_color_dark": "#e6e3dc",
    "body_text_color_subdued": "#5d6067",
    "body_text_color_subdued_dark": "#a3a6ad",
    "background_fill_primary": "#ffffff",
    "background_fill_primary_dark": "#1d2024",
    "background_fill_secondary": "#faf8f4",
    "background_fill_secondary_dark": "#1a1c20",
    "block_background_fill": "transparent",
    "block_background_fill_dark": "transparent",
    "block_border_width": "0px",
    "block_shadow": "none",
    "block_label_background_fill": "transparent",
    "block_label_background_fill_dark": "transparent",
    "block_title_text_weight": "400",
    "block_label_text_weight": "400",
    "block_title_text_color": "*body_text_color_subdued",
    "border_color_primary": "#ddd8cd",
    "border_color_primary_dark": "#33373d",
    "input_background_fill": "#ffffff",
    "input_background_fill_dark": "#22262b",
    "input_border_color": "#cfc9bc",
    "input_border_color_dark": "#3b4047",
    "input_border_width": "1px",
    "button_primary_background_fill": "#0f6b62",
    "button_primary_background_fill_hover": "#0b564f",
    "button_primary_background_fill_dark": "#14807a",
    "button_primary_background_fill_hover_dark": "#0f6b62",
    "button_primary_text_color": "#ffffff",
    "button_secondary_background_fill": "#efece5",
    "button_secondary_background_fill_hover": "#e6e2d8",
    "button_secondary_background_fill_dark": "#2a2e34",
    "button_secondary_background_fill_hover_dark": "#343940",
    "checkbox_label_background_fill": "#f4f1ea",
    "checkbox_label_background_fill_hover": "#ebe7dd",
    "checkbox_label_background_fill_dark": "#2a2e34",
    "checkbox_label_background_fill_hover_dark": "#343940",
    "block_title_text_color_dark": "*body_text_color_subdued",
    "button_large_text_weight": "700",
    "button_small_text_weight": "400",
    "button_medium_text_weight": "400",
}


def build_theme() -> gr.themes.Base:
    """Return the theme: warm paper and a calm teal, in light and dark."""
    theme = gr.themes.Base(
        primary_hue=gr.themes.colors.teal,
        neutral_hue=gr.themes.colors.stone,
        radius_size=gr.themes.sizes.radius_md,
        font=[FAMILY, "system-ui", "sans-serif"],
        font_mono=[FIXED, "ui-monospace", "monospace"],
    )
    return theme.set(**COLOURS)
