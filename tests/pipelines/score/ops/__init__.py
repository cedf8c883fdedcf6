"""The functions behind score.mlp: ordinary Python that knows nothing of mloc."""
