// Judges what `pyflyte package` writes with the compiler of Flyte's own back end.
//
//	judge FOLDER
//
// FOLDER holds packages as NAME.tgz, and what a dynamic task asked for as NAME.job.pb, with the task as NAME.task.pb.
// The answer is JSON on standard output, for each NAME what was found; see verdict.
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// A verdict is what the compiler says of one package, or of the work of one dynamic task.
type verdict struct {
	// Refusals are what a cluster would not take; none when all is sound.
	Refusals []refusal `json:"refusals"`
	// Workflows are the sizes of the objects of Kubernetes, by the names of the workflows.
	Workflows map[string]int `json:"workflows"`
	// Tasks is how many tasks were compiled, Plans how many launch plans were compared with their workflows.
	Tasks int `json:"tasks"`
	Plans int `json:"plans"`
	// Unread are the messages with fields that this release of Flyte does not know.
	Unread []string `json:"unread"`
}

type refusal struct {
	// Judge is one of package, task, workflow, kubernetes, size and plan.
	Judge   string `json:"judge"`
	Message string `json:"message"`
}

func (found *verdict) refuse(judge, place string, err error) {
	found.Refusals = append(found.Refusals, refusal{judge, fmt.Sprintf("%s: %s", place, err)})
}

func main() {
	if len(os.Args) != 2 {
		exit(errors.New("usage: judge FOLDER"))
	}
	verdicts := map[string]*verdict{}
	for suffix, read := range map[string]func(string) (*entities, error){".tgz": readPackage, ".job.pb": readJob} {
		paths, err := filepath.Glob(filepath.Join(os.Args[1], "*"+suffix))
		if err != nil {
			exit(err)
		}
		for _, path := range paths {
			found, err := read(path)
			if err != nil {
				exit(fmt.Errorf("%s: %w", path, err))
			}
			verdicts[strings.TrimSuffix(filepath.Base(path), suffix)] = judge(found)
		}
	}
	if err := json.NewEncoder(os.Stdout).Encode(verdicts); err != nil {
		exit(err)
	}
}

func exit(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(2)
}
