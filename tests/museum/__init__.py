"""Mistakes that real people made on real orchestrators, and whether mloc finds them."""
