"""Rules over a whole program: its names, its data flow and its control flow."""
