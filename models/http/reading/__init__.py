"""What servers send, read with care: bytes, lines, JSON, records and contents."""
