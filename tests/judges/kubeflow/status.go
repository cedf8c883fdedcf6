package main

import (
	"bytes"
	"encoding/json"

	"sigs.k8s.io/yaml"
)

// withoutStatus gives an exit task an empty constant where it asks for the status of what came before. This release of the compiler
// does not know that input yet; that its producer is there is judged by the dependency which such a task has beside it.
func withoutStatus(pipeline []byte) []byte {
	if !bytes.Contains(pipeline, []byte("taskFinalStatus")) {
		return pipeline
	}
	first := firstDocument(pipeline)
	text, err := yaml.YAMLToJSON(first)
	if err != nil {
		return pipeline
	}
	var found any
	if err := json.Unmarshal(text, &found); err != nil {
		return pipeline
	}
	made, err := json.Marshal(replaced(found))
	if err != nil {
		return pipeline
	}
	return append(append(made, '\n'), pipeline[len(first):]...)
}

func replaced(value any) any {
	switch value := value.(type) {
	case map[string]any:
		if _, asked := value["taskFinalStatus"]; asked {
			return map[string]any{"runtimeValue": map[string]any{"constant": map[string]any{}}}
		}
		for key, item := range value {
			value[key] = replaced(item)
		}
	case []any:
		for at, item := range value {
			value[at] = replaced(item)
		}
	}
	return value
}
