package policy

// Annotations are what a tool says of itself. The zero value is what the specification's defaults say of a tool that
// says nothing: it may change, destroy, and reach the open world. So where a server is not trusted, and
// while its tools are not known yet, a rule that takes away applies and one that gives does not.
//
// https://modelcontextprotocol.io/specification/2025-11-25/schema#toolannotations
type Annotations struct {
	ReadOnly bool // readOnlyHint is true
	Additive bool // destructiveHint is false
	Closed   bool // openWorldHint is false
}

// The annotation classes that a rule may name.
const (
	ReadOnly    = "read-only"
	Destructive = "destructive" // neither read-only nor said to be additive
	OpenWorld   = "open-world"
)

func isAnnotation(class string) bool {
	return class == ReadOnly || class == Destructive || class == OpenWorld
}

// are reports whether a tool with these annotations is of the class; "" is any.
func (a Annotations) are(class string) bool {
	switch class {
	case ReadOnly:
		return a.ReadOnly
	case Destructive:
		return !a.ReadOnly && !a.Additive
	case OpenWorld:
		return !a.Closed
	}
	return class == ""
}
