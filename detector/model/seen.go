package model

import "github.com/flb-anomaly/flb-anomaly/detector/pattern"

// seenField is a field of the event at hand, or a part of one.
type seenField struct {
	Name
	both   uint64  // hash of name and value
	value  uint32  // hash
	number octaves // noNumber for what is none, and for 0
	part   part
	aside  uint8
	scope  scope // of an address
	text   uint8 // see usualText
	sort   uint8
	quoted bool // see Field.Quoted; of no meaning for what is no number
	unit   pattern.Unit
	of     int16 // of a part: the index of the field

	key     int16 // index in keys; -1 for a new one
	routine bool  // see Model.sift
	open    bool  // each record may have another value there
	crowded bool  // there were too many categories to compare it with the others
}

// seenClose is what is found out of a field that is not routine.
type seenClose struct {
	place  uint32  // of the value's id in fields.values
	count  uint32  // how often the value stood here before
	ranged int32   // index of the number's range in fields.ranges; -1 = it was not looked for, or is not there
	bits   float32 // of a new text, by its characters; of a new name, by how often there is one
	marks  marks
	build  uint32 // see buildKey; 0 = it was not asked for
	built  bool   // others are built as the new text is
}

// buildKey is where in fields.values it is counted how many new texts of a field are built like
// this one.
func (c *seenClose) buildKey(s *seenField, text []byte) uint32 {
	if c.build == 0 {
		c.build = uint32(mix64(s.hash, build(text)))
	}
	return c.build
}

// news is how much of the surprise of a new text is news, in bits.
func (c *seenClose) news() float32 {
	if c.built {
		return 0
	}
	return c.bits
}

// id is what a value is known by in its field.
func (s *seenField) id() uint32 { return uint32(s.both) }

// part says what of a field's value is looked at.
type part uint8

const (
	whole  part = iota
	first       // of a path: its first part
	ending      // of a path: what stands behind the last dot, jpg
	origin      // of an address: its network
)

// What sets a few fields aside.
const (
	null = 1 + iota // it is as if they were not there
	path            // they have parts
)

// hasParts reports whether what stands in the field has parts that are looked at.
func (s *seenField) hasParts() bool { return s.aside == path || s.scope != noAddress }

// partSeeds turn the hash of a field's name into that of a part's.
var partSeeds = [...]uint64{first: 0x5555, ending: 0xaaaa, origin: 0x3333}

// maxSeen is how many fields, with the message and the level, and parts of fields of an
// event are looked at.
const maxSeen = MaxFields + 16

// fieldsSeen is what judgeFields found out of the event at hand.
type fieldsSeen struct {
	list      [maxSeen]seenField // of Observation.Fields, in their order, then of what else is looked at
	n         int
	form      uint64          // hash of their names, in their order
	sum       uint64          // of the hashes of the fields with their values
	alike     uint64          // of those that not each record has another value of, and of the statement
	routine   bool            // nothing more was looked at, see Model.routine
	text      [maxSeen][]byte // of parts
	rest      [maxSeen]uint8  // indices in list of what is not routine
	nrest     int
	offs      [maxSeen]uint8 // indices in list of numbers that are routine, but high or low (see shift)
	noffs     int
	alongs    [MaxFields]uint16 // indices in ranges of those that its routine numbers have by their dimensions
	nalongs   int
	beside    [maxSeen]uint8     // guesses where in list the dimensions of the numbers stand
	rare      [mostRare]uint8    // indices in list, plus 1, of values that may be in a surge, where all else is routine
	ids       uint64             // a bit for each index in list of a field in which identifiers stand
	flows     uint64             // a bit for each index in list of a value whose flow is followed
	close     [maxSeen]seenClose // of the rest
	names     uint64             // the sum of the hashes of its keys
	had       uint64             // of the objects that are there
	grown     uint64             // and of those that get a new name
	young     uint64             // indices in list of values that came into a category lately
	lows      [maxLows]low
	nlows     int
	shape     uint32 // of its values that may be in a rush
	compared  uint32 // of all that are compared with each other: those and the networks
	faster    faster // so comes the value at surged
	rushed    bool   // a rush is what is strange
	similar   uint16 // records in a row before it that were alike
	runAlike  bool   // their run is what is strange
	shapes    uint32 // how often what is compared came before
	rawValue  float32
	rawKey    float32
	rawText   float32
	rawPair   float32
	rawRush   float32
	rushBits  float32
	rushCount float32 // of the last records, those of the event's kind, and
	rushUsual float32 // how many are usual
	rawNumber float32
	rawShift  float32
	rawSurge  float32

	// What is strangest, for the explanation.
	odd          int // index in list, by its value
	oddSort      bool
	older        bool // than the usual versions there is the value at odd
	setting      int  // index in list of a value that is another setting, see setting,
	set          bool // which is what is strange
	away         int  // index in list of a value that was away
	outdated     int  // index in list of a version that is older than each of few
	newKey       int  // index in list
	rareKey      int  // index in list, the rarest of those seen few times
	words        int  // index in list, the rarest of those judged with the message
	wordsIn      float32
	rareBits     float32
	lost         int // index in keys
	strange      int // index in list, by its text
	far          int // index in list, by its number
	shifted      int // index in list, by the numbers before it,
	shiftedTo    offness
	shiftedAlong bool // of those with the value of its dimension alone
	surged       int  // index in list, by how often it came of late
	relapsed     int  // index in list, by its value, which comes on another day
	farUsual     span
	together     [2]int // indices in lows
	met          uint32 // stands for their two fields among the pairs, where it is news; 0 = it is none
}

// messageField and levelField stand for the message and the level among the fields.
var (
	messageField = Field{Name: []byte("message"), Kind: Bool}
	levelField   = Field{Name: []byte("level"), Kind: Bool}

	seenMessage = seenOf(messageField)
	seenLevel   = seenOf(levelField)
)

// field is the field that stands at a place in the list, or of which a part does.
func (o *Observation) field(at int) *Field {
	s := &o.fields.list[at]
	switch {
	case s.part != whole:
		return &o.Fields[s.of]
	case at < len(o.Fields):
		return &o.Fields[at]
	case s.hash == seenLevel.hash:
		return &levelField
	}
	return &messageField
}

// mask returns the keys that are there.
func (all *fieldsSeen) mask() (m keyMask) {
	for i := range all.n {
		if s := &all.list[i]; s.part == whole && s.key >= 0 {
			m.add(int(s.key))
		}
	}
	return m
}

// whole is the place in the list of the field of which something stands at another.
func (all *fieldsSeen) whole(at int) int {
	if s := &all.list[at]; s.part != whole {
		return int(s.of)
	}
	return at
}

// placeOf is what is known of what stands at a place in the list, of a name that is known.
func (o *Observation) placeOf(at int) *place {
	return &o.model.fields.keys.all[o.fields.list[at].key].place
}
