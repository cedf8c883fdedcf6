"""The engines' own back ends as judges of what mloc emits: Go programs over their modules, which `tools/judges.py` builds."""
