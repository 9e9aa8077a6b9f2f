// One line of JSON for each check: {name, ok, detail}.

// check runs f and says how it went. f fails by throwing, or by taking longer than the limit, in milliseconds.
export async function check(name, f, limit = 30_000) {
  let timer
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not done after ${limit} ms`)), limit)
  })
  try {
    await Promise.race([f(), late])
    say({ name, ok: true, detail: '' })
  } catch (e) {
    say({ name, ok: false, detail: String(e?.stack ?? e).slice(0, 1500) })
  } finally {
    clearTimeout(timer)
  }
}

function say(line) {
  process.stdout.write(JSON.stringify(line) + '\n')
}

// equal throws unless a and b are the same value, or the same JSON.
export function equal(got, want, what = 'value') {
  const [a, b] = [JSON.stringify(got), JSON.stringify(want)]
  if (a !== b) throw new Error(`${what}: got ${a?.slice(0, 300)}, want ${b?.slice(0, 300)}`)
}

// holds throws what unless ok.
export function holds(ok, what) {
  if (!ok) throw new Error(what)
}

// inbox collects notifications and lets a check wait for one.
export function inbox() {
  const seen = []
  let wake = () => {}
  return {
    put(m) {
      seen.push(m)
      wake()
    },
    // take resolves with the first message that fits and removes it.
    async take(fits, what) {
      for (const end = Date.now() + 15_000; Date.now() < end; ) {
        const i = seen.findIndex(fits)
        if (i >= 0) return seen.splice(i, 1)[0]
        await new Promise((resolve) => {
          const timer = setTimeout(resolve, 200)
          wake = () => {
            clearTimeout(timer)
            resolve()
          }
        })
      }
      throw new Error(`${what} did not come; here is ${JSON.stringify(seen).slice(0, 300)}`)
    },
    // none throws when a message that fits has come.
    none(fits, what) {
      const m = seen.find(fits)
      if (m) throw new Error(`${what}: ${JSON.stringify(m).slice(0, 300)}`)
    },
  }
}
