package main

import (
	"archive/tar"
	"compress/gzip"
	"errors"
	"io"
	"os"
	"strings"

	"github.com/flyteorg/flyte/flyteidl/gen/pb-go/flyteidl/admin"
	"github.com/flyteorg/flyte/flyteidl/gen/pb-go/flyteidl/core"
	"github.com/golang/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// entities are what a package registers, or what a dynamic task asks for.
type entities struct {
	tasks     []*core.TaskTemplate
	workflows []*admin.WorkflowSpec
	plans     []*admin.LaunchPlan
	unread    map[string]bool
}

// readPackage reads an archive of `pyflyte package`: the number before `.pb` says what an entry is.
func readPackage(path string) (*entities, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	plain, err := gzip.NewReader(file)
	if err != nil {
		return nil, err
	}
	found := &entities{unread: map[string]bool{}}
	for archive := tar.NewReader(plain); ; {
		header, err := archive.Next()
		if errors.Is(err, io.EOF) {
			return found, nil
		}
		if err != nil {
			return nil, err
		}
		data, err := io.ReadAll(archive)
		if err != nil {
			return nil, err
		}
		if err := found.add(header.Name, data); err != nil {
			return nil, err
		}
	}
}

func (found *entities) add(name string, data []byte) error {
	switch {
	case strings.HasSuffix(name, "_1.pb"):
		task := &admin.TaskSpec{}
		found.tasks = append(found.tasks, nil)
		err := found.read(data, task)
		found.tasks[len(found.tasks)-1] = task.GetTemplate()
		return err
	case strings.HasSuffix(name, "_2.pb"):
		workflow := &admin.WorkflowSpec{}
		found.workflows = append(found.workflows, workflow)
		err := found.read(data, workflow)
		for _, template := range append(workflow.GetSubWorkflows(), workflow.GetTemplate()) {
			amongNodes(template)
		}
		return err
	case strings.HasSuffix(name, "_3.pb"):
		plan := &admin.LaunchPlan{}
		found.plans = append(found.plans, plan)
		return found.read(data, plan)
	}
	return nil
}

// amongNodes puts a failure node among the others: this release neither looks for its tasks nor at what it is given, as later ones do.
func amongNodes(template *core.WorkflowTemplate) {
	if node := template.GetFailureNode(); node != nil {
		template.Nodes = append(template.Nodes, node)
		template.FailureNode = nil
	}
}

// readJob makes of a dynamic task's answer the workflow that flytepropeller makes of it, with the interface of the task.
func readJob(path string) (*entities, error) {
	found := &entities{unread: map[string]bool{}}
	job, task := &core.DynamicJobSpec{}, &core.TaskTemplate{}
	for name, message := range map[string]proto.Message{path: job, strings.TrimSuffix(path, ".job.pb") + ".task.pb": task} {
		data, err := os.ReadFile(name)
		if err != nil {
			return nil, err
		}
		if err := found.read(data, message); err != nil {
			return nil, err
		}
	}
	id := proto.Clone(task.GetId()).(*core.Identifier)
	id.ResourceType = core.ResourceType_WORKFLOW
	found.tasks = job.GetTasks()
	found.workflows = []*admin.WorkflowSpec{{
		Template:     &core.WorkflowTemplate{Id: id, Nodes: job.GetNodes(), Outputs: job.GetOutputs(), Interface: task.GetInterface()},
		SubWorkflows: job.GetSubworkflows(),
	}}
	return found, nil
}

func (found *entities) read(data []byte, message proto.Message) error {
	if err := proto.Unmarshal(data, message); err != nil {
		return err
	}
	found.walk(proto.MessageReflect(message))
	return nil
}

// walk notes the messages that have fields which this release does not know.
func (found *entities) walk(message protoreflect.Message) {
	if len(message.GetUnknown()) > 0 {
		found.unread[string(message.Descriptor().FullName())] = true
	}
	message.Range(func(field protoreflect.FieldDescriptor, value protoreflect.Value) bool {
		switch {
		case field.IsMap() && field.MapValue().Message() != nil:
			value.Map().Range(func(_ protoreflect.MapKey, item protoreflect.Value) bool {
				found.walk(item.Message())
				return true
			})
		case field.IsList() && field.Message() != nil:
			for at := 0; at < value.List().Len(); at++ {
				found.walk(value.List().Get(at).Message())
			}
		case !field.IsMap() && !field.IsList() && field.Message() != nil:
			found.walk(value.Message())
		}
		return true
	})
}
