import boto3


def create_cluster(name: str) -> str:
    return boto3.client("emr").run_job_flow(Name=name)["JobFlowId"]
