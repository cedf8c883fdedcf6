"""Python code behind steps: found, read and checked from its source, never imported.

Its modules are imported one by one, when a program first needs them: most runs of mloc read no Python at all.
"""
