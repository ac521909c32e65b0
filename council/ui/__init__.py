"""The page: reads a run's transcript and draws it; knows Gradio, but no model, no prompt and no stage's inner life."""
