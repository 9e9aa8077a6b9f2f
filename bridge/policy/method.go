package policy

// Class is what a method is about. What a caller may do is granted by class and, within Tools, by name.
type Class uint8

const (
	Unknown       Class = iota // no known method: denied
	Free                       // the protocol's own upkeep: allowed to whoever may use the server
	Tools                      // tools and the tasks that they run as
	Prompts                    // prompts
	Resources                  // resources, templates, subscriptions to them
	Completion                 // decided as what it completes: a prompt or a resource
	Subscriptions              // a stream of changes: allowed to whoever may use the server
)

// shape says what a method's Query.Name is for.
type shape uint8

const (
	whole shape = iota // the method is about the class: a list, a task
	named              // the method is about one thing and Query.Name names it
)

type method struct {
	class Class
	shape shape
}

// ClassOf returns the class of a method that an agent may send. Methods that only servers send
// (sampling/createMessage, elicitation/create, roots/list) are Unknown, as is every
// method that no revision of the specification and no extension known here defines.
func ClassOf(name string) Class { return methodOf(name).class }

// methodOf covers the client's methods of every revision from 2024-11-05 to 2026-07-28 and of the tasks extension.
//
// https://modelcontextprotocol.io/specification/2026-07-28/schema
func methodOf(name string) method {
	switch name {
	case "initialize", "ping", "server/discover", "logging/setLevel",
		"notifications/initialized", "notifications/cancelled", "notifications/progress",
		"notifications/roots/list_changed", "notifications/tasks/status":
		return method{class: Free}
	case "tools/list", "tasks/get", "tasks/list", "tasks/result", "tasks/update", "tasks/cancel":
		return method{class: Tools}
	case "tools/call":
		return method{Tools, named}
	case "prompts/list":
		return method{class: Prompts}
	case "prompts/get":
		return method{Prompts, named}
	case "resources/list", "resources/templates/list":
		return method{class: Resources}
	case "resources/read", "resources/subscribe", "resources/unsubscribe":
		return method{Resources, named}
	case "completion/complete":
		return method{Completion, named}
	case "subscriptions/listen":
		return method{class: Subscriptions}
	}
	return method{}
}

// refMethod returns what a completion for a ref of this type counts as.
func refMethod(ref string) method {
	switch ref {
	case "ref/prompt":
		return method{Prompts, named}
	case "ref/resource":
		return method{Resources, named}
	}
	return method{}
}
