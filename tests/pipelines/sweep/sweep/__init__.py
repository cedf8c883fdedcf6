"""The functions behind sweep.mlp: ordinary Python that knows nothing of mloc."""
