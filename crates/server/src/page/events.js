// What the parts of the page tell each other. Each part listens and tells; none calls another's insides.
//
//   wanted    {state, typing}            the search or the open document that the address names changed
//   search    {request}                  a search begins
//   answer    {answer, phase, request}   an order to show: phase is "fused", "reranked" or "answer" (final)
//   progress  {read, of}                 how far the reranker is
//   failure   Failure                    the search failed
//   cleared                              there is no query
//   shown     {hits}                     the hits on the page changed
//   opened    {collection, id} | null    the document that the reading panel shows
//   grades                               grades were given or fetched
//   status    status                     what GET /v1/status said
//   job       job                        what became of an indexing job
//   gone, reached, busy seconds          the server does not answer, answers, asks to wait
//   back                                 the server answers again

const bus = new EventTarget();

export function on(name, act) {
  bus.addEventListener(name, (event) => act(event.detail));
}

export function tell(name, detail) {
  bus.dispatchEvent(new CustomEvent(name, { detail }));
}
