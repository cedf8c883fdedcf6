"""Tests of the Kubeflow backend."""
