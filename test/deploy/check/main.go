// Reads deployment files with the very libraries of the tools that will read them, refuses what those would refuse, and prints what they
// say as JSON: check kubernetes FILE… | check compose FILE | check dockerfile FILE
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"

	"github.com/compose-spec/compose-go/v2/cli"
	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/buildkit/frontend/dockerfile/linter"
	"github.com/moby/buildkit/frontend/dockerfile/parser"
	apps "k8s.io/api/apps/v1"
	autoscaling "k8s.io/api/autoscaling/v2"
	core "k8s.io/api/core/v1"
	networking "k8s.io/api/networking/v1"
	policy "k8s.io/api/policy/v1"
	"k8s.io/apimachinery/pkg/runtime"
	kjson "k8s.io/apimachinery/pkg/runtime/serializer/json"
	"k8s.io/apimachinery/pkg/util/yaml"
)

func main() {
	if len(os.Args) < 3 {
		fail(fmt.Errorf("usage: check kubernetes|compose|dockerfile FILE…"))
	}
	var read any
	var err error
	switch os.Args[1] {
	case "kubernetes":
		read, err = readKubernetes(os.Args[2:])
	case "compose":
		read, err = readCompose(os.Args[2])
	case "dockerfile":
		read, err = readDockerfile(os.Args[2])
	default:
		err = fmt.Errorf("unknown kind %s", os.Args[1])
	}
	if err != nil {
		fail(err)
	}
	if err := json.NewEncoder(os.Stdout).Encode(read); err != nil {
		fail(err)
	}
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}

// readKubernetes decodes as an API server with strict field validation does: unknown and doubled fields are errors.
func readKubernetes(files []string) ([]runtime.Object, error) {
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{core.AddToScheme, apps.AddToScheme, policy.AddToScheme, autoscaling.AddToScheme, networking.AddToScheme} {
		if err := add(scheme); err != nil {
			return nil, err
		}
	}
	strict := kjson.NewSerializerWithOptions(kjson.DefaultMetaFactory, scheme, scheme, kjson.SerializerOptions{Yaml: true, Strict: true})
	var objects []runtime.Object
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		documents := yaml.NewDocumentDecoder(readCloser{bytes.NewReader(content)})
		for {
			document := make([]byte, len(content)+1)
			size, err := documents.Read(document)
			if err != nil {
				break
			}
			object, _, err := strict.Decode(document[:size], nil, nil)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", file, err)
			}
			objects = append(objects, object)
		}
	}
	return objects, nil
}

type readCloser struct{ *bytes.Reader }

func (readCloser) Close() error { return nil }

func readCompose(file string) (any, error) {
	options, err := cli.NewProjectOptions([]string{file}, cli.WithInterpolation(true), cli.WithResolvedPaths(true))
	if err != nil {
		return nil, err
	}
	return options.LoadProject(context.Background())
}

type instruction struct {
	Stage string `json:"stage"`
	Text  string `json:"text"`
}

// readDockerfile also applies the builder's own rules (docker build --check).
func readDockerfile(file string) (any, error) {
	content, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer content.Close()
	parsed, err := parser.Parse(content)
	if err != nil {
		return nil, err
	}
	var warnings []string
	lint := linter.New(&linter.Config{Warn: func(rule, description, url, message string, _ []parser.Range) {
		warnings = append(warnings, rule+": "+message)
	}})
	stages, _, err := instructions.Parse(parsed.AST, lint)
	if err != nil {
		return nil, err
	}
	for _, warning := range parsed.Warnings {
		warnings = append(warnings, warning.Short)
	}
	if len(warnings) > 0 {
		return nil, fmt.Errorf("%v", warnings)
	}
	var list []instruction
	for index, stage := range stages {
		name := stage.Name
		if name == "" {
			name = fmt.Sprint(index)
		}
		list = append(list, instruction{name, stage.SourceCode})
		for _, command := range stage.Commands {
			list = append(list, instruction{name, fmt.Sprint(command)})
		}
	}
	return list, nil
}
