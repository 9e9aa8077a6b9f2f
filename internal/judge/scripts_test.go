package judge

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Questions as a server writes them.

func form(text, properties string) string {
	return fmt.Sprintf(`{"method":"elicitation/create","params":{"message":%s,"requestedSchema":{"type":"object","properties":{%s}}}}`, quoted(text), properties)
}

func page(text, address string) string {
	return fmt.Sprintf(`{"method":"elicitation/create","params":{"mode":"url","message":%s,"url":%s,"elicitationId":"from-the-server"}}`, quoted(text), quoted(address))
}

func sample(text string) string {
	return fmt.Sprintf(`{"method":"sampling/createMessage","params":{"messages":[{"role":"user","content":{"type":"text","text":%s}}],"maxTokens":100}}`, quoted(text))
}

func roots() string { return `{"method":"roots/list"}` }

// as gives a question an id, as JSON.
func as(id, question string) string { return `{"id":` + id + `,` + question[1:] }

// rounds is the script of questions that are asked at once, round after round.
func rounds(all ...[]string) string {
	var each []string
	for _, questions := range all {
		each = append(each, "["+strings.Join(questions, ",")+"]")
	}
	return "[" + strings.Join(each, ",") + "]"
}

func quoted(text string) string {
	raw, err := json.Marshal(text)
	if err != nil {
		panic(err)
	}
	return string(raw)
}

// script is what the conformance suite wants of its tools and of its prompt; text is the call's argument.
func script(name, text string) string { return scripts(text)[name] }

func scripts(text string) map[string]string {
	const named, agreed = `"name":{"type":"string"}`, `"ok":{"type":"boolean"}`
	who := as(`"user_name"`, form("What is your name?", named))
	greeting := as(`"greeting"`, sample("Generate a greeting"))
	confirm := rounds([]string{as(`"confirm"`, form("Please confirm", agreed))})
	return map[string]string{
		"test_input_required_result_elicitation":     rounds([]string{who}),
		"test_input_required_result_sampling":        rounds([]string{as(`"capital_question"`, sample("What is the capital of France?"))}),
		"test_input_required_result_list_roots":      rounds([]string{as(`"client_roots"`, roots())}),
		"test_input_required_result_request_state":   confirm,
		"test_input_required_result_tampered_state":  confirm,
		"test_input_required_result_multiple_inputs": rounds([]string{who, greeting, as(`"client_roots"`, roots())}),
		"test_input_required_result_multi_round": rounds(
			[]string{as(`"step1"`, form("Step 1: What is your name?", named))},
			[]string{as(`"step2"`, form("Step 2: What is your favorite color?", `"color":{"type":"string"}`))}),
		"test_input_required_result_capabilities": rounds([]string{who, greeting}),
		"test_input_required_result_prompt":       rounds([]string{as(`"user_context"`, form("What context should the prompt use?", `"context":{"type":"string"}`))}),
		"test_sampling":                           rounds([]string{sample(text)}),
		"test_elicitation":                        rounds([]string{form(text, `"username":{"type":"string"},"email":{"type":"string"}`)}),
		"test_elicitation_sep1034_defaults": rounds([]string{form("Review these", `"name":{"type":"string","default":"John Doe"},"age":{"type":"integer","default":30},`+
			`"score":{"type":"number","default":95.5},"status":{"type":"string","enum":["active","inactive","pending"],"default":"active"},"verified":{"type":"boolean","default":true}`)}),
		"test_elicitation_sep1330_enums": rounds([]string{form("Choose", `"untitledSingle":{"type":"string","enum":["option1","option2","option3"]},`+
			`"titledSingle":{"type":"string","oneOf":[{"const":"value1","title":"First Option"},{"const":"value2","title":"Second Option"}]},`+
			`"legacyEnum":{"type":"string","enum":["opt1","opt2","opt3"],"enumNames":["Option One","Option Two","Option Three"]},`+
			`"untitledMulti":{"type":"array","items":{"type":"string","enum":["option1","option2","option3"]}},`+
			`"titledMulti":{"type":"array","items":{"anyOf":[{"const":"value1","title":"First Choice"},{"const":"value2","title":"Second Choice"}]}}`)}),
	}
}

// offer is a list of all that askers have, each with more members.
func offer(more string) string {
	var all []string
	for _, name := range append(slices.Sorted(maps.Keys(scripts(""))), "ask") {
		all = append(all, fmt.Sprintf(`{"name":%q,%s}`, name, more))
	}
	return "[" + strings.Join(all, ",") + "]"
}
