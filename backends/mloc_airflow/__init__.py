"""The Airflow backend of mloc."""

from mloc_airflow.bundle import AirflowBackend

backend = AirflowBackend()

__all__ = ["backend"]
