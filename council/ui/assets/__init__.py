"""Style, script, icon and theme of the page."""
