package settings

import (
	"maps"
	"slices"
	"time"
)

// field is a member as it should be. A nil value means that it should not be there.
type field struct {
	name  string
	value any // string, bool, int, []string, json.RawMessage or an object
}

// object is what an object should hold. Members that it does not mention stay, unless only is set.
type object struct {
	fields []field
	only   bool
}

// empty reports whether o holds nothing.
func (o object) empty() bool {
	return !slices.ContainsFunc(o.fields, func(f field) bool {
		inner, isObject := f.value.(object)
		return f.value != nil && !(isObject && inner.empty())
	})
}

// entry is s as the file should have it, without what is as it is by default.
func (s Server) entry() object {
	own := object{fields: []field{
		{"share", given(s.Share)},
		{"idle", given(s.Idle)},
		{"maxProcesses", given(s.MaxProcesses)},
		{"maxCallTime", given(s.MaxCallTime)},
		{"parallel", given(s.Parallel)},
		{"pins", given(s.Pins)},
		{"stderrToAgents", given(s.StderrToAgents)},
		{"trustAnnotations", given(s.TrustAnnotations)},
	}}
	env := object{only: true}
	for _, name := range slices.Sorted(maps.Keys(s.Env)) {
		env.fields = append(env.fields, field{name, s.Env[name]})
	}
	e := object{fields: []field{
		{"command", s.Command},
		{"args", nil},
		{"env", env},
		{"cwd", given(s.Cwd)},
		{"disabled", given(s.Disabled)},
		{"drawbridge", own},
	}}
	if len(s.Args) > 0 {
		e.fields[1].value = s.Args
	}
	return e
}

// given returns v for a member, or nil when it is the zero value.
func given[T comparable](v T) any {
	var zero T
	if v == zero {
		return nil
	}
	if d, ok := any(v).(time.Duration); ok {
		return formatDuration(d)
	}
	return v
}
