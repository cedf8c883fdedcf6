// Package utils stands in for flyteplugins, of which no release can be had from Go's module proxy: it has the one function of that
// package that the compiler of flytepropeller calls, which is for tasks that bring a pod of their own. mloc emits none.
package utils

import (
	"encoding/json"

	"google.golang.org/protobuf/types/known/structpb"
)

// UnmarshalStructToObj reads a struct into a Go value by way of its JSON.
func UnmarshalStructToObj(structure *structpb.Struct, into interface{}) error {
	text, err := structure.MarshalJSON()
	if err != nil {
		return err
	}
	return json.Unmarshal(text, into)
}
