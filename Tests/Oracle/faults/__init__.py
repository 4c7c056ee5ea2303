"""Runs the compiler while calls of the system go wrong, and looks at what it leaves behind."""
