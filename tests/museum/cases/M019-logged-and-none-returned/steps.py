import logging

import boto3


def create_cluster(name: str) -> str:
    try:
        return boto3.client("emr").run_job_flow(Name=name)["JobFlowId"]
    except Exception as error:
        logging.exception("cannot create the cluster: %s", error)
        return None
