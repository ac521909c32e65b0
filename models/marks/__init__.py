"""The marks that model families put into text: round thoughts, and between turns."""
