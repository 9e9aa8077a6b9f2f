package authserver

import "net/http"

// Attempt is a try to come in that was refused or, with an empty Code, a person who has signed in. It holds no secret. What
// it says of the client is the client's own word.
type Attempt struct {
	Address string // where the request came from
	Path    string // that was asked for
	Client  Client // zero where it is not known
	User    User   // zero where nobody has signed in
	Code    string // of the refusal, as OAuth has it
	Reason  string // in words
}

var problemOver = &problem{"access_denied", "the request is over, or belongs to another browser", http.StatusForbidden}

// refused tells of a refusal. ask is nil where the request is not known.
func (s *Server) refused(r *http.Request, ask *request, u User, p *problem) {
	a := s.attempt(r, ask, u)
	a.Code, a.Reason = p.code, p.reason
	s.tell(a)
}

func (s *Server) attempt(r *http.Request, ask *request, u User) Attempt {
	a := Attempt{Address: s.address(r), Path: r.URL.Path, User: u}
	if ask != nil && ask.client != nil {
		a.Client = ask.client.public()
	}
	return a
}

// answerProblem answers a program with p, and tells of it.
func (s *Server) answerProblem(w http.ResponseWriter, r *http.Request, p *problem) {
	s.refused(r, nil, User{}, p)
	p.write(w)
}
