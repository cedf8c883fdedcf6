"""What every bundle carries beside the runner: the part that speaks Kubeflow's executor protocol, inside the pod."""
