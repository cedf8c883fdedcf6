"""Rules over the Python code behind the steps: what it reads, gives, changes and leaves unsaid."""
