package main

import (
	"encoding/json"
	"fmt"
	"strings"

	argo "github.com/argoproj/argo-workflows/v3/pkg/apis/workflow/v1alpha1"
)

const (
	// etcd takes no request over 1.5 MiB, and Argo adds the status of every node to the workflow.
	largestWorkflow = 1536 * 1024
	// Linux starts no process with an argument of this length or more (MAX_ARG_STRLEN, with the NUL at its end).
	longestArgument = 128*1024 - 1
)

// sizes measures what is too large only when a run is on its way.
func (found *verdict) sizes(workflow *argo.Workflow) {
	text, err := json.Marshal(workflow)
	if err != nil {
		found.refuse("size", err)
		return
	}
	found.WorkflowBytes = len(text)
	if len(text) > largestWorkflow {
		found.refuse("size", fmt.Errorf("the workflow has %d bytes, and etcd takes %d", len(text), largestWorkflow))
	}
	for name, value := range arguments(workflow) {
		found.LongestArgument = max(found.LongestArgument, len(value))
		if len(value) > longestArgument {
			found.refuse("size", fmt.Errorf("the driver's argument %s has %d bytes, and Linux takes %d", name, len(value), longestArgument))
		}
	}
}

// arguments are the texts that become one argument each of Kubeflow's driver: the annotations with components and containers, which the
// arguments of tasks refer to, and those arguments that are texts themselves.
func arguments(workflow *argo.Workflow) map[string]string {
	found := map[string]string{}
	for key, value := range workflow.Annotations {
		if strings.HasPrefix(key, "pipelines.kubeflow.org/") {
			found[key] = value
		}
	}
	for _, template := range workflow.Spec.Templates {
		if template.DAG == nil {
			continue
		}
		for _, task := range template.DAG.Tasks {
			for _, parameter := range task.Arguments.Parameters {
				if parameter.Value != nil {
					found[fmt.Sprintf("%s/%s %s", template.Name, task.Name, parameter.Name)] = parameter.Value.String()
				}
			}
		}
	}
	return found
}
