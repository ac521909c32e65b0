"""Any endpoint that speaks OpenAI's API as a backend."""
