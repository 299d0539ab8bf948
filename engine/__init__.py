"""The work behind the page: data, training, evaluation, comparison. Imports neither gradio nor ui."""
