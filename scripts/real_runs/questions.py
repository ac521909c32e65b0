"""What the real model is asked: facts, lists, code, advice, poems, sums, and questions that invite trouble."""

QUESTIONS = (
    "What is the capital of Australia?",
    "Why is the sky blue?",
    "Should a small town replace its streetlights with LEDs?",
    "Name five animals that live in the sea.",
    "Write a short poem about rain.",
    "What is 17 times 6?",
    "How do I boil an egg?",
    "Write a Python function that reverses a list.",
    "Which is heavier, a kilogram of iron or a kilogram of feathers?",
    "Who wrote Romeo and Juliet?",
    "What are the pros and cons of working from home?",
    "Explain what a prime number is.",
    "List the days of the week.",
    "Is it better to rent or to buy a flat?",
    "What happens when ice melts?",
    "Translate 'good morning' into French.",
    "How many legs does a spider have?",
    "Give me a table of three planets with their moons.",
    "What should I do if my computer does not start?",
    "Say something.",
)
