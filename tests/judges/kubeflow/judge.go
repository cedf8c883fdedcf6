package main

import (
	"fmt"
	"strings"

	argo "github.com/argoproj/argo-workflows/v3/pkg/apis/workflow/v1alpha1"
	"github.com/argoproj/argo-workflows/v3/workflow/validate"
	"github.com/kubeflow/pipelines/backend/src/apiserver/model"
	"github.com/kubeflow/pipelines/backend/src/apiserver/template"
	"github.com/kubeflow/pipelines/backend/src/common/util"
	"k8s.io/apimachinery/pkg/api/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// judge does with a pipeline what happens to it on a cluster until its first pod starts: the API server reads it, checks the
// parameters and compiles it, Argo and Kubernetes check the workflow.
func judge(pipeline []byte, parameters string) (found verdict) {
	found = verdict{Refusals: []refusal{}, Conditions: []condition{}}
	stage := "admission"
	// Kubeflow's compiler follows references that may lead nowhere; its API server would answer with an internal error.
	defer func() {
		if reason := recover(); reason != nil {
			found.refuse(stage, fmt.Errorf("panic: %v", reason))
		}
	}()
	pipeline = withoutStatus(pipeline)
	read, err := template.New(pipeline)
	if err != nil {
		// The API server takes what it cannot read for no pipeline at all, and does not say why.
		if _, reason := document(pipeline); reason != nil {
			err = fmt.Errorf("%w: %w", err, reason)
		}
		found.refuse(stage, err)
		return found
	}
	found.conditions(pipeline)
	stage = "compiler"
	run := &model.Run{
		K8SName:      "run",
		DisplayName:  "run",
		Namespace:    "kubeflow",
		PipelineSpec: model.PipelineSpec{RuntimeConfig: model.RuntimeConfig{Parameters: parameters}},
	}
	execution, err := read.RunWorkflow(run, template.RunWorkflowOptions{RunId: "3f9a2c1e-0000-4000-8000-000000000000"})
	if err != nil {
		found.refuse(stage, err)
		return found
	}
	workflow, ok := execution.(*util.Workflow)
	if !ok {
		found.refuse(stage, fmt.Errorf("not a workflow of Argo's: %T", execution))
		return found
	}
	name(workflow.Workflow)
	nameIterators(workflow.Workflow)
	stage = "argo"
	if _, err := validate.ValidateWorkflow(nil, nil, workflow.Workflow, validate.ValidateOpts{}); err != nil {
		found.refuse(stage, err)
	}
	stage = "kubernetes"
	found.metadata(workflow.Workflow)
	found.sizes(workflow.Workflow)
	return found
}

// name gives the workflow the name that Kubernetes would make: the prefix, cut to leave room, and five characters.
func name(workflow *argo.Workflow) {
	const longest, random = 63, "x7k2p"
	base := workflow.GenerateName
	workflow.Name = base[:min(len(base), longest-len(random))] + random
}

// nameIterators calls the task that runs the rounds of a loop what the loop is called. This release of the compiler adds `-iterations`,
// so that nothing could wait for a loop; later ones wrap both of its tasks in one with the loop's name.
func nameIterators(workflow *argo.Workflow) {
	for _, template := range workflow.Spec.Templates {
		if template.DAG == nil {
			continue
		}
		for at := range template.DAG.Tasks {
			task := &template.DAG.Tasks[at]
			if task.WithSequence != nil {
				task.Name = strings.TrimSuffix(task.Name, "-iterations")
			}
		}
	}
}

// metadata judges the names, labels and annotations as the API server of Kubernetes does for every object.
func (found *verdict) metadata(workflow *argo.Workflow) {
	errs := validation.ValidateObjectMeta(&workflow.ObjectMeta, true, validation.NameIsDNSSubdomain, field.NewPath("metadata"))
	for _, err := range errs {
		found.refuse("kubernetes", err)
	}
}
