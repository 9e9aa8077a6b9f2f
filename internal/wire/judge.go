package wire

// judge makes m of the parts that were found, or fails when they are no message.
func (p *parser) judge(m *Message) bool {
	ok := p.judgeID(m) && p.judgeKind(m) && p.judgeMethod(m) && p.judgeParams(m) && p.judgeTokens(m) && p.judgeMeta()
	if !ok {
		m.kind, m.method = Invalid, ""
		return false
	}
	copy(m.env[:], p.found[:])
	return true
}

// judgeID also gives m the id of a request, so that a refusal can be answered under it.
func (p *parser) judgeID(m *Message) bool {
	raw := p.raw(id)
	switch {
	case raw == nil:
	case string(raw) == "null" && p.has(failure): // the peer could not read the id of what it answers
		p.found[id] = span{}
	case !isID(raw):
		return p.refuse(badID, id)
	case p.has(method):
		m.env[id] = p.found[id]
	}
	return true
}

func (p *parser) judgeKind(m *Message) bool {
	if string(p.raw(jsonrpc)) != `"2.0"` {
		return p.refuse(wrongVersion, jsonrpc)
	}
	answer := p.has(result) || p.has(failure)
	switch {
	case answer && (p.has(method) || p.has(params)):
	case p.has(method) && p.has(id):
		m.kind = Request
	case p.has(method):
		m.kind = Notification
	case p.has(result) && p.has(failure):
	case p.has(result) && p.has(id):
		m.kind = Result
	case p.has(failure):
		m.kind = Failure
	}
	switch {
	case m.kind == Invalid:
		return p.refuse(noKind, id)
	case m.kind == Failure && !isObject(p.raw(failure)):
		return p.refuse(badError, failure)
	}
	return true
}

func (p *parser) judgeMethod(m *Message) bool {
	raw := p.raw(method)
	if raw == nil {
		return true
	}
	if !isWhole(raw) || len(raw) == len(`""`) {
		return p.refuse(badMethod, method)
	}
	m.method = methodOf(raw)
	return true
}

func (p *parser) judgeParams(m *Message) bool {
	if p.has(params) && !isObject(p.raw(params)) {
		return p.refuse(badParams, params)
	}
	named := false
	switch m.method {
	case "completion/complete":
		p.found[name], p.found[uri] = p.found[refName], p.found[refURI]
		named = true
	case "tools/call", "prompts/get", "resources/read":
		named = true
	}
	for _, q := range [...]part{name, uri, requestState} {
		raw := p.raw(q)
		switch {
		case raw == nil || isWhole(raw):
		case raw[0] == '"':
			return p.refuse(loneSurrogate, q)
		case named:
			return p.refuse(badName, q)
		default:
			p.found[q] = span{}
		}
	}
	return true
}

func (p *parser) judgeTokens(m *Message) bool {
	switch m.method {
	case "notifications/progress":
		p.found[progressToken] = p.found[directToken]
	case "": // an answer
		p.found[subscriptionID] = p.found[resultSubscription]
	}
	if m.method != "notifications/cancelled" {
		p.found[requestID] = span{}
	}
	for _, q := range [...]part{progressToken, requestID, subscriptionID} {
		if p.has(q) && !isID(p.raw(q)) {
			return p.refuse(badToken, q)
		}
	}
	return true
}

func (p *parser) judgeMeta() bool {
	if string(p.raw(meta)) == "null" {
		p.found[meta] = span{}
	}
	for _, q := range [...]part{meta, clientInfo, clientCapabilities} {
		if p.has(q) && !isObject(p.raw(q)) {
			return p.refuse(badMeta, q)
		}
	}
	for _, q := range [...]part{version, logLevel} {
		if p.has(q) && !isWhole(p.raw(q)) {
			return p.refuse(badMeta, q)
		}
	}
	return true
}

func (p *parser) has(q part) bool   { return p.found[q] != span{} }
func (p *parser) raw(q part) []byte { return p.found[q].of(p.b) }

func (p *parser) refuse(why reason, q part) bool {
	p.fail(why, int(p.found[q].start))
	return false
}

func isObject(raw []byte) bool { return len(raw) > 0 && raw[0] == '{' }

// isWhole reports whether raw, a JSON value, is a string that means the same to every reader.
func isWhole(raw []byte) bool { return len(raw) > 0 && raw[0] == '"' && !hasLoneSurrogate(raw) }
