// Judges pipelines with the code of Kubeflow's own back end and of Argo.
//
//	judge FOLDER
//
// FOLDER holds pipelines as NAME.yaml, each with the parameters of a run in NAME.json, if it needs any.
// The answer is JSON on standard output, for each NAME what was found; see verdict.
package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// A verdict is what the judges say of one pipeline.
type verdict struct {
	// Refusals are what a cluster would not take; none for a sound pipeline.
	Refusals []refusal `json:"refusals"`
	// WorkflowBytes is the size of the Argo workflow, as it would be stored.
	WorkflowBytes int `json:"workflow_bytes"`
	// LongestArgument is the size of the longest argument that a container of Kubeflow's own is started with.
	LongestArgument int `json:"longest_argument"`
	// Conditions are those of all tasks, evaluated on samples.
	Conditions []condition `json:"conditions"`
}

type refusal struct {
	// Judge is one of admission, compiler, argo, kubernetes, size and condition.
	Judge   string `json:"judge"`
	Message string `json:"message"`
}

func (found *verdict) refuse(judge string, err error) {
	found.Refusals = append(found.Refusals, refusal{judge, err.Error()})
}

func main() {
	// Kubeflow's log has no place in the answer; it goes to files unless it is told otherwise.
	if err := flag.Set("logtostderr", "true"); err != nil {
		exit(err)
	}
	flag.Parse()
	if flag.NArg() != 1 {
		exit(errors.New("usage: judge FOLDER"))
	}
	pipelines, err := filepath.Glob(filepath.Join(flag.Arg(0), "*.yaml"))
	if err != nil {
		exit(err)
	}
	verdicts := map[string]verdict{}
	for _, path := range pipelines {
		name := strings.TrimSuffix(filepath.Base(path), ".yaml")
		if verdicts[name], err = read(path); err != nil {
			exit(err)
		}
	}
	if err := json.NewEncoder(os.Stdout).Encode(verdicts); err != nil {
		exit(err)
	}
}

func read(path string) (verdict, error) {
	pipeline, err := os.ReadFile(path)
	if err != nil {
		return verdict{}, err
	}
	parameters, err := os.ReadFile(strings.TrimSuffix(path, ".yaml") + ".json")
	if errors.Is(err, fs.ErrNotExist) {
		parameters, err = []byte("{}"), nil
	}
	if err != nil {
		return verdict{}, err
	}
	return judge(pipeline, string(parameters)), nil
}

func exit(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(2)
}
