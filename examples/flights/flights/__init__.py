"""What the steps of `flights.mlp` call: plain functions on pandas tables, which know nothing of mloc."""
