"""What the web server offers beside the page."""
