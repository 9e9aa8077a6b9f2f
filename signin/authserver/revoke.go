package authserver

import (
	"context"
	"net/http"

	"go.etcd.io/bbolt"
)

// serveRevoke ends the grant that a token is of, whichever of its tokens that is (RFC 7009). When it
// answers, no request of that grant is under way any more.
func (s *Server) serveRevoke(w http.ResponseWriter, r *http.Request) {
	if err := s.revoke(r); err != nil {
		p := problemOf(err)
		if p == problemOurs {
			s.log.Error("revoke a token", "error", err)
		}
		s.answerProblem(w, r, p)
		return
	}
	w.WriteHeader(http.StatusOK)
}

func (s *Server) revoke(r *http.Request) error {
	form, err := readForm(r)
	if err != nil {
		return err
	}
	if form.Get("token") == "" {
		return badRequest("send the token to revoke")
	}
	ctx, cancel := context.WithTimeout(r.Context(), askTime)
	defer cancel()
	c, err := s.authenticate(ctx, r, form)
	if err != nil {
		return err
	}
	ctx = context.WithValue(ctx, clientKey{}, c)
	return s.store.write(ctx, func(ctx context.Context, _ *bbolt.Tx) error {
		return s.engine.NewRevocationRequest(ctx, r)
	})
}
