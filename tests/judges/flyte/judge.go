package main

import (
	"encoding/json"
	"fmt"
	"sort"

	"github.com/flyteorg/flyte/flyteidl/clients/go/coreutils"
	"github.com/flyteorg/flyte/flyteidl/gen/pb-go/flyteidl/admin"
	"github.com/flyteorg/flyte/flyteidl/gen/pb-go/flyteidl/core"
	"github.com/flyteorg/flyte/flytepropeller/pkg/compiler"
	"github.com/flyteorg/flyte/flytepropeller/pkg/compiler/common"
	"github.com/flyteorg/flyte/flytepropeller/pkg/compiler/transformers/k8s"
	"github.com/flyteorg/flyte/flytepropeller/pkg/compiler/validators"
)

// etcd takes no request over 1.5 MiB, and a workflow is one object, to which the status of every node is added.
const largestWorkflow = 1536 * 1024

// judge compiles everything as registration does, and makes of each workflow the object that a launch makes of it.
func judge(given *entities) *verdict {
	found := &verdict{Refusals: []refusal{}, Workflows: map[string]int{}, Unread: []string{}}
	for name := range given.unread {
		found.Unread = append(found.Unread, name)
	}
	sort.Strings(found.Unread)
	tasks := map[string]*core.CompiledTask{}
	for _, task := range given.tasks {
		compiled, err := compiler.CompileTask(task)
		if err != nil {
			found.refuse("task", task.GetId().GetName(), err)
			continue
		}
		found.Tasks++
		tasks[task.GetId().String()] = compiled
	}
	plans := interfaces(given)
	for _, workflow := range given.workflows {
		found.workflow(workflow, tasks, plans)
	}
	for _, plan := range given.plans {
		found.plan(plan, given.workflows)
	}
	return found
}

func (found *verdict) workflow(spec *admin.WorkflowSpec, tasks map[string]*core.CompiledTask, plans map[string]common.InterfaceProvider) {
	name := spec.GetTemplate().GetId().GetName()
	needed, err := compiler.GetRequirements(spec.GetTemplate(), spec.GetSubWorkflows())
	if err != nil {
		found.refuse("workflow", name, err)
		return
	}
	known := []*core.CompiledTask{}
	for _, id := range needed.GetRequiredTaskIds() {
		if task, ok := tasks[id.String()]; ok {
			known = append(known, task)
		}
	}
	launched := []common.InterfaceProvider{}
	for _, id := range needed.GetRequiredLaunchPlanIds() {
		if plan, ok := plans[id.String()]; ok {
			launched = append(launched, plan)
		}
	}
	closure, err := compiler.CompileWorkflow(spec.GetTemplate(), spec.GetSubWorkflows(), known, launched)
	if err != nil {
		found.refuse("workflow", name, err)
		return
	}
	found.object(name, closure)
}

// object makes the object of Kubernetes, for a launch with a value of each input's type.
func (found *verdict) object(name string, closure *core.CompiledWorkflowClosure) {
	inputs := &core.LiteralMap{Literals: map[string]*core.Literal{}}
	for input, variable := range closure.GetPrimary().GetTemplate().GetInterface().GetInputs().GetVariables() {
		value, err := coreutils.MakeDefaultLiteralForType(variable.GetType())
		if err != nil {
			found.refuse("kubernetes", name+"."+input, err)
			return
		}
		inputs.Literals[input] = value
	}
	made, err := k8s.BuildFlyteWorkflow(closure, inputs, &core.WorkflowExecutionIdentifier{Project: "p", Domain: "d", Name: "x"}, "p-d")
	if err != nil {
		found.refuse("kubernetes", name, err)
		return
	}
	text, err := json.Marshal(made)
	if err != nil {
		found.refuse("kubernetes", name, err)
		return
	}
	found.Workflows[name] = len(text)
	if len(text) > largestWorkflow {
		found.refuse("size", name, fmt.Errorf("the workflow has %d bytes, and etcd takes %d", len(text), largestWorkflow))
	}
}

// interfaces are those of the launch plans, for workflows that launch others.
func interfaces(given *entities) map[string]common.InterfaceProvider {
	outputs := map[string]*core.VariableMap{}
	for _, workflow := range given.workflows {
		outputs[workflow.GetTemplate().GetId().String()] = workflow.GetTemplate().GetInterface().GetOutputs()
	}
	found := map[string]common.InterfaceProvider{}
	for _, plan := range given.plans {
		closure := &admin.LaunchPlanClosure{ExpectedInputs: plan.GetSpec().GetDefaultInputs(), ExpectedOutputs: &core.VariableMap{}}
		if made, ok := outputs[plan.GetSpec().GetWorkflowId().String()]; ok {
			closure.ExpectedOutputs = made
		}
		found[plan.GetId().String()] = compiler.NewLaunchPlanInterfaceProvider(admin.LaunchPlan{Id: plan.GetId(), Spec: plan.GetSpec(), Closure: closure})
	}
	return found
}

// plan compares a launch plan with its workflow: every input is there and nothing else, and its default has the input's type.
func (found *verdict) plan(plan *admin.LaunchPlan, workflows []*admin.WorkflowSpec) {
	found.Plans++
	name := plan.GetId().GetName()
	for _, workflow := range workflows {
		if workflow.GetTemplate().GetId().String() != plan.GetSpec().GetWorkflowId().String() {
			continue
		}
		given, fixed := plan.GetSpec().GetDefaultInputs().GetParameters(), plan.GetSpec().GetFixedInputs().GetLiterals()
		wanted := workflow.GetTemplate().GetInterface().GetInputs().GetVariables()
		for input, variable := range wanted {
			parameter, ok := given[input]
			switch {
			case !ok && fixed[input] == nil:
				found.refuse("plan", name, fmt.Errorf("the input %s is not there", input))
			case ok && !validators.AreTypesCastable(parameter.GetVar().GetType(), variable.GetType()):
				found.refuse("plan", name, fmt.Errorf("the input %s has another type than in the workflow", input))
			case ok && parameter.GetDefault() != nil && !validators.AreTypesCastable(validators.LiteralTypeForLiteral(parameter.GetDefault()), variable.GetType()):
				found.refuse("plan", name, fmt.Errorf("the default of %s has another type", input))
			}
		}
		for input := range given {
			if wanted[input] == nil {
				found.refuse("plan", name, fmt.Errorf("the workflow has no input %s", input))
			}
		}
		return
	}
	found.refuse("plan", name, fmt.Errorf("there is no workflow %s", plan.GetSpec().GetWorkflowId().GetName()))
}
