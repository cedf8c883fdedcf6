module github.com/flyteorg/flyte/flyteplugins

go 1.22

require (
	github.com/flyteorg/flyte/flyteidl v1.9.12
	google.golang.org/protobuf v1.30.0
	k8s.io/api v0.24.1
	k8s.io/apimachinery v0.24.1
)
