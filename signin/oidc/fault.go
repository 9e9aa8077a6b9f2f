package oidc

// Fault is what is wrong with a Config, as New and NewOwner return it.
type Fault struct {
	Field string // as the settings file calls it, of a provider: "issuer", "claims.groups"
	Text  string // what is wrong with it, and what to do
}

func (f *Fault) Error() string { return f.Field + " " + f.Text }
