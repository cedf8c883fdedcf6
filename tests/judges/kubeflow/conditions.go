package main

import (
	"fmt"
	"regexp"
	"sort"

	"github.com/kubeflow/pipelines/api/v2alpha1/go/pipelinespec"
	"github.com/kubeflow/pipelines/backend/src/v2/expression"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/types/known/structpb"
	"sigs.k8s.io/yaml"
)

// A condition is one triggerPolicy.condition, evaluated by Kubeflow's driver.
type condition struct {
	// Task is the component of the DAG and the name of the task in it.
	Task string `json:"task"`
	Text string `json:"text"`
	// Accepted and Rejected are the samples for which the task runs, and does not.
	Accepted []string `json:"accepted"`
	Rejected []string `json:"rejected"`
}

// What a condition compares with is the best sample; the other two are of no kind that an emitted condition names.
var (
	literal   = regexp.MustCompile(`'((?:[^'\\]|\\.)*)'`)
	strangers = []string{"", `"another"`}
)

// conditions evaluates every condition of a pipeline with each sample as the value of all inputs of its task.
// One that does not compile, or that compares values of other types than these are, is refused.
func (found *verdict) conditions(pipeline []byte) {
	spec, err := document(pipeline)
	if err != nil {
		found.refuse("condition", err)
		return
	}
	driver, err := expression.New()
	if err != nil {
		found.refuse("condition", err)
		return
	}
	dags := map[string]*pipelinespec.DagSpec{"root": spec.GetRoot().GetDag()}
	for name, component := range spec.GetComponents() {
		dags[name] = component.GetDag()
	}
	for name, dag := range dags {
		for label, task := range dag.GetTasks() {
			if text := task.GetTriggerPolicy().GetCondition(); text != "" {
				found.evaluate(driver, name+"/"+label, text, task)
			}
		}
	}
	sort.Slice(found.Conditions, func(i, j int) bool { return found.Conditions[i].Task < found.Conditions[j].Task })
}

func document(pipeline []byte) (*pipelinespec.PipelineSpec, error) {
	text, err := yaml.YAMLToJSON(firstDocument(pipeline))
	if err != nil {
		return nil, err
	}
	spec := &pipelinespec.PipelineSpec{}
	return spec, protojson.Unmarshal(text, spec)
}

var separator = regexp.MustCompile(`(?m)^---\s*$`)

func firstDocument(text []byte) []byte {
	if at := separator.FindIndex(text); at != nil && at[0] > 0 {
		return text[:at[0]]
	}
	return text
}

func (found *verdict) evaluate(driver *expression.Expr, place, text string, task *pipelinespec.PipelineTaskSpec) {
	said := condition{place, text, []string{}, []string{}}
	samples := append([]string{}, strangers...)
	for _, match := range literal.FindAllStringSubmatch(text, -1) {
		samples = append(samples, match[1])
	}
	for _, sample := range samples {
		values := map[string]*structpb.Value{}
		for name := range task.GetInputs().GetParameters() {
			values[name] = structpb.NewStringValue(sample)
		}
		runs, err := driver.Condition(&pipelinespec.ExecutorInput{Inputs: &pipelinespec.ExecutorInput_Inputs{ParameterValues: values}}, text)
		switch {
		case err != nil:
			found.refuse("condition", fmt.Errorf("%s: %s: %w", place, text, err))
			return
		case runs:
			said.Accepted = append(said.Accepted, sample)
		default:
			said.Rejected = append(said.Rejected, sample)
		}
	}
	found.Conditions = append(found.Conditions, said)
}
