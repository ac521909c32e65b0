"""One model's engine: a thread that reads prompts and writes answers in batches."""
