"""What every bundle carries beside the runner: the part that knows flytekit."""
