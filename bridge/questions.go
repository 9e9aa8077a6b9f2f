package bridge

import (
	"fmt"
	"sync"
	"time"
)

// questions is what the owner is asked, and what the owner has said that no call has used yet.
type questions struct {
	mu       sync.Mutex // guards the fields below; held while a change is published, so that nothing overtakes it
	open     map[uint64]*openQuestion
	standing map[sameCall]standing
	approved map[sameUse]approved // the last arguments that the owner let pass
	ended    []ended              // questions that are open no more, oldest first
}

// openQuestion is a Question and who waits for it.
type openQuestion struct {
	Question
	key   sameCall
	asker *session // that the call came through
	call  *call    // that waits; nil when none does
	raw   []byte   // the arguments without secrets, on one line
	args  []byte   // the arguments; nil where they are too long to be kept
}

// sameCall says which calls are the same: an answer to one is good for the other.
type sameCall struct {
	grant, user string
	use         sameUse
	digest      string
}

// sameUse says which calls use the same thing.
type sameUse struct{ agent, user, server, method, name string }

// standing is an answer that waits for its call.
type standing struct {
	Answer
	more    bool // good only for a call that goes on with what the server has asked meanwhile
	expires time.Time
}

type approved struct {
	raw    []byte
	digest string
}

// ended is why a question is not open any more.
type ended struct {
	id  uint64
	why string
}

const (
	approvedMax = 1024 // uses whose last arguments are remembered
	endedMax    = 256  // questions whose end is
)

// hold has c wait for the owner, under the question that it was told to try again for or a new one. It reports
// false when its agent has too many questions open.
func (qs *questions) hold(c *call, q openQuestion) bool {
	qs.mu.Lock()
	defer qs.mu.Unlock()
	now := c.session.b.now()
	open := qs.again(q.key)
	if open == nil {
		if qs.count(q.Agent) >= questionsMax {
			return false
		}
		open = &q
		open.ID, open.Asked = c.info.ID, now
		last, known := qs.approved[q.key.use]
		open.First = !known
		if known {
			open.Changes = differences(last.raw, q.raw)
			open.Hidden = len(open.Changes) == 0 && last.digest != q.key.digest
		}
		if qs.open == nil {
			qs.open = map[uint64]*openQuestion{}
		}
		qs.open[open.ID] = open
	}
	open.asker, open.call, open.Call, open.Rule = c.session, c, c.info.ID, c.why
	open.Until, open.Expires = now.Add(askFor), now.Add(answerFor)
	c.setAside()
	c.session.b.publish(CallAsked{open.Question})
	return true
}

// again is the open question of a call that nobody waits for. Called with mu held.
func (qs *questions) again(key sameCall) *openQuestion {
	for _, q := range qs.open {
		if q.call == nil && q.key == key {
			return q
		}
	}
	return nil
}

// count is how many questions of an agent are open. Called with mu held.
func (qs *questions) count(agent string) (n int) {
	for _, q := range qs.open {
		if q.Agent == agent {
			n++
		}
	}
	return n
}

// use takes an answer that stands for such a call. more says that the call goes on with what its server has asked.
func (qs *questions) use(key sameCall, now time.Time, more bool) (Answer, bool) {
	qs.mu.Lock()
	defer qs.mu.Unlock()
	s, ok := qs.standing[key]
	if !ok || now.After(s.expires) || s.more && !more {
		return Answer{}, false
	}
	delete(qs.standing, key)
	return s.Answer, true
}

// stand keeps an answer for the next such call. Called with mu held.
func (qs *questions) stand(key sameCall, s standing) {
	if qs.standing == nil {
		qs.standing = map[sameCall]standing{}
	}
	qs.standing[key] = s
}

// renew keeps the answer that let c pass, for when c is made again with what its server has asked.
func (qs *questions) renew(c *call) {
	qs.mu.Lock()
	defer qs.mu.Unlock()
	qs.stand(c.same(), standing{*c.answered, true, c.session.b.now().Add(answerFor)})
}

// take ends a question and returns it; nil with an error when it is not open, or not what the owner has seen.
func (qs *questions) take(id uint64, a Answer, b *Bridge) (*openQuestion, error) {
	qs.mu.Lock()
	defer qs.mu.Unlock()
	q := qs.open[id]
	if q == nil {
		return nil, qs.missing(id)
	}
	if err := q.seen(a); err != nil {
		return nil, err
	}
	qs.close(q, "it is answered already: "+a.words(), b)
	if a.Choice == DenyCall {
		return q, nil
	}
	if qs.approved == nil || len(qs.approved) >= approvedMax {
		qs.approved = map[sameUse]approved{}
	}
	qs.approved[q.key.use] = approved{q.raw, q.key.digest}
	return q, nil
}

// seen is the error for an answer to something else than what the owner has seen.
func (q *openQuestion) seen(a Answer) error {
	if a.Digest != "" && a.Digest != q.Digest {
		return fmt.Errorf("answer %d: the arguments are not those that you have seen; look again", q.ID)
	}
	return nil
}

// missing is the error for a question that is not open.
func (qs *questions) missing(id uint64) error {
	for _, e := range qs.ended {
		if e.id == id {
			return fmt.Errorf("answer %d: %w: %s", id, ErrNoQuestion, e.why)
		}
	}
	return fmt.Errorf("answer %d: %w: no call of that number waits", id, ErrNoQuestion)
}

// close takes a question off the list. Called with mu held.
func (qs *questions) close(q *openQuestion, why string, b *Bridge) {
	delete(qs.open, q.ID)
	if len(qs.ended) == endedMax {
		qs.ended = qs.ended[1:]
	}
	qs.ended = append(qs.ended, ended{q.ID, why})
	b.publish(QuestionClosed{q.ID})
}

// leave is called when a call has ended: what it waited for is nobody's question any more.
func (qs *questions) leave(c *call, why string) {
	qs.mu.Lock()
	defer qs.mu.Unlock()
	for _, q := range qs.open {
		if q.call == c {
			qs.close(q, "the call has ended: "+why, c.session.b)
		}
	}
}

// forget ends the questions and answers about such calls.
func (qs *questions) forget(why error, such func(sameCall) bool, b *Bridge) {
	qs.mu.Lock()
	defer qs.mu.Unlock()
	for _, q := range qs.open {
		if such(q.key) {
			qs.close(q, why.Error(), b)
		}
	}
	for key := range qs.standing {
		if such(key) {
			delete(qs.standing, key)
		}
	}
}

// expire returns the calls that have waited long enough, whose questions stay, and ends what nobody came back for.
func (qs *questions) expire(now time.Time, b *Bridge) (late []*call) {
	qs.mu.Lock()
	defer qs.mu.Unlock()
	for _, q := range qs.open {
		switch {
		case q.call != nil && now.After(q.Until):
			late = append(late, q.call)
			q.call, q.Call, q.Until = nil, 0, time.Time{}
			b.publish(CallAsked{q.Question})
		case now.After(q.Expires):
			qs.close(q, "nobody answered in time, and the agent did not try again", b)
		}
	}
	for key, s := range qs.standing {
		if now.After(s.expires) {
			delete(qs.standing, key)
		}
	}
	return late
}

// waiting are the calls that wait for an answer, by the number of their question.
func (qs *questions) waiting() map[uint64]*call {
	qs.mu.Lock()
	defer qs.mu.Unlock()
	all := map[uint64]*call{}
	for id, q := range qs.open {
		if q.call != nil {
			all[id] = q.call
		}
	}
	return all
}

// find is an open question.
func (qs *questions) find(id uint64) (*openQuestion, error) {
	qs.mu.Lock()
	defer qs.mu.Unlock()
	if q := qs.open[id]; q != nil {
		return q, nil
	}
	return nil, qs.missing(id)
}
