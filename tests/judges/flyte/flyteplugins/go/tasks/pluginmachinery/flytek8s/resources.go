// Package flytek8s stands in for flyteplugins, of which no release can be had from Go's module proxy: it has the one function of that
// package that is called when a compiled workflow becomes an object of Kubernetes.
package flytek8s

import (
	"fmt"

	"github.com/flyteorg/flyte/flyteidl/gen/pb-go/flyteidl/core"
	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
)

var names = map[core.Resources_ResourceName]v1.ResourceName{
	core.Resources_CPU:               v1.ResourceCPU,
	core.Resources_MEMORY:            v1.ResourceMemory,
	core.Resources_EPHEMERAL_STORAGE: v1.ResourceEphemeralStorage,
	core.Resources_GPU:               "nvidia.com/gpu",
}

// ToK8sResourceRequirements reads the quantities of requests and limits as Kubernetes does.
func ToK8sResourceRequirements(resources *core.Resources) (*v1.ResourceRequirements, error) {
	found := &v1.ResourceRequirements{}
	var err error
	if found.Requests, err = quantities(resources.GetRequests()); err != nil {
		return nil, err
	}
	found.Limits, err = quantities(resources.GetLimits())
	return found, err
}

func quantities(entries []*core.Resources_ResourceEntry) (v1.ResourceList, error) {
	found := v1.ResourceList{}
	for _, entry := range entries {
		name, known := names[entry.Name]
		if !known {
			return nil, fmt.Errorf("no resource of Kubernetes: %s", entry.Name)
		}
		quantity, err := resource.ParseQuantity(entry.Value)
		if err != nil {
			return nil, fmt.Errorf("%s: %q: %w", entry.Name, entry.Value, err)
		}
		found[name] = quantity
	}
	return found, nil
}
