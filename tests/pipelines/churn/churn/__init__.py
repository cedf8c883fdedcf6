"""The functions behind churn.mlp: ordinary Python that knows nothing of mloc."""
