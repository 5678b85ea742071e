"use strict";
/* global THREE */

/* Shows the scenes in #data: people as skinned meshes (binary glTF, base64), photographs (data
   URLs) and figures. Frames: glTF's, x right, y up, z backward; the camera stands at the origin and
   looks along -z, as the camera of the photograph did. */

(function () {
  const $ = (id) => document.getElementById(id);
  const data = JSON.parse($("data").textContent);
  const LEFT = 0x1b78c2, RIGHT = 0xc2410c, MIDDLE = 0x6d6962;
  const SURE = new THREE.Color(0x2f9e63), UNSURE = new THREE.Color(0xd64545);
  const WORST = 0.15; // Metres of standard deviation that are drawn as unsure as can be.
  const FAR = 3; // People farther than this, times the nearest, are not looked at from the side.
  const BACKDROP = 1.3; // The photograph stands behind the farthest person, by this factor.

  let renderer;
  try {
    renderer = new THREE.WebGLRenderer({ canvas: $("canvas"), antialias: true, alpha: true });
  } catch (error) {
    $("problem").textContent = "This page needs WebGL, which this browser does not offer.";
    $("problem").hidden = false;
    return;
  }
  renderer.setPixelRatio(Math.min(window.devicePixelRatio || 1, 2));

  const world = new THREE.Scene();
  world.background = new THREE.Color(0xf4f3f1);
  world.add(new THREE.HemisphereLight(0xffffff, 0xb9b2a8, 1.6));
  const sun = new THREE.DirectionalLight(0xffffff, 1.8);
  sun.position.set(1.5, 3, 2);
  world.add(sun);
  const camera = new THREE.PerspectiveCamera(45, 1, 0.05, 500);
  const controls = new THREE.OrbitControls(camera, renderer.domElement);
  const loader = new THREE.GLTFLoader();

  let shown = null; // The scene on display.
  let isCameraView = true;
  let isPlaying = false;
  let frame = 0;
  let pointer = null;

  function bytes(base64) {
    const text = atob(base64);
    const array = new Uint8Array(text.length);
    for (let i = 0; i < text.length; i += 1) array[i] = text.charCodeAt(i);
    return array.buffer;
  }

  /* A person: mesh, bones, animation and what is known of it. */
  function person(entry, model, node) {
    const geometry = node.geometry;
    const count = geometry.attributes.position.count;
    const own = new THREE.Color().setRGB(...entry.colour, THREE.SRGBColorSpace);
    geometry.setAttribute("color", new THREE.BufferAttribute(new Float32Array(3 * count), 3));
    node.material = new THREE.MeshStandardMaterial({ vertexColors: true, roughness: 0.8 });
    node.frustumCulled = false;
    node.renderOrder = 1;
    // Of a translucent body only the nearest surface is drawn: this one, unseen, hides the others.
    const shell = node.clone();
    shell.material = new THREE.MeshBasicMaterial({
      colorWrite: false, polygonOffset: true, polygonOffsetFactor: 1, polygonOffsetUnits: 1,
    });
    shell.renderOrder = 1;
    node.parent.add(shell);
    const bones = node.skeleton.bones;
    const pairs = [];
    bones.forEach((bone, index) => {
      const parent = bones.indexOf(bone.parent);
      if (parent >= 0) pairs.push([parent, index]);
    });
    const lines = new THREE.LineSegments(
      new THREE.BufferGeometry(),
      new THREE.LineBasicMaterial({ vertexColors: true, depthTest: false, transparent: true }),
    );
    const tints = [];
    for (const [, child] of pairs) {
      const name = data.joints[child];
      const tint = new THREE.Color(
        name.startsWith("l_") ? LEFT : name.startsWith("r_") ? RIGHT : MIDDLE,
      );
      tints.push(...tint.toArray(), ...tint.toArray());
    }
    const places = new THREE.BufferAttribute(new Float32Array(6 * pairs.length), 3);
    lines.geometry.setAttribute("position", places);
    lines.geometry.setAttribute("color", new THREE.BufferAttribute(new Float32Array(tints), 3));
    lines.frustumCulled = false;
    lines.renderOrder = 2;
    const clip = model.animations.find((animation) => animation.name === entry.name);
    let mixer = null;
    if (clip) {
      mixer = new THREE.AnimationMixer(model.scene);
      mixer.clipAction(clip).play();
    }
    return {
      entry, node, shell, bones, pairs, lines, mixer, own, isWanted: true, row: -1, painted: "",
    };
  }

  /* The row of a person's arrays at a frame, -1 where nobody was seen. */
  function rowAt(entry, number) {
    return entry.frames.indexOf(number);
  }

  function paint(one) {
    const mode = $("colours").value;
    const std = one.entry.joint_std && one.row >= 0 ? one.entry.joint_std[one.row] : null;
    const state = mode === "doubt" ? `doubt ${one.row}` : mode;
    if (one.painted === state) return;
    one.painted = state;
    const { color, skinIndex, skinWeight, _part: part } = one.node.geometry.attributes;
    const tint = new THREE.Color();
    for (let v = 0; v < color.count; v += 1) {
      if (mode === "part" && part) {
        tint.setRGB(...data.part_colours[part.getX(v)], THREE.SRGBColorSpace);
      } else if (mode === "doubt" && std) {
        let doubt = 0;
        for (let k = 0; k < 4; k += 1) {
          doubt += skinWeight.getComponent(v, k) * std[skinIndex.getComponent(v, k)];
        }
        tint.copy(SURE).lerp(UNSURE, Math.min(1, doubt / WORST));
      } else {
        tint.copy(one.own);
      }
      color.setXYZ(v, tint.r, tint.g, tint.b);
    }
    color.needsUpdate = true;
  }

  function figures(one) {
    const lines = [];
    for (const [name, value] of Object.entries(one.entry.figures)) {
      const number = Array.isArray(value) ? value[one.row] : value;
      if (number !== undefined && number !== null) lines.push(`${name}: ${number}`);
    }
    return lines.join("\n");
  }

  function setFrame(number) {
    frame = number;
    const seconds = number / (shown.data.frame_rate || 1);
    for (const one of shown.people) {
      one.row = rowAt(one.entry, number);
      if (one.mixer) one.mixer.setTime(seconds);
      const isSeen = one.isWanted && one.row >= 0;
      one.node.visible = isSeen && $("meshes").checked;
      one.shell.visible = one.node.visible;
      one.lines.visible = isSeen && $("skeletons").checked;
      one.node.material.opacity = Number($("opacity").value);
      one.node.material.transparent = one.node.material.opacity < 1;
      if (one.row >= 0) paint(one);
      one.item.querySelector(".figures").textContent =
        one.row < 0 ? "not in this frame" : figures(one).replaceAll("\n", " · ");
    }
    world.updateMatrixWorld(true);
    const place = new THREE.Vector3();
    for (const one of shown.people) {
      const at = one.lines.geometry.attributes.position;
      one.pairs.forEach((pair, index) => {
        pair.forEach((bone, end) => {
          place.setFromMatrixPosition(one.bones[bone].matrixWorld);
          at.setXYZ(2 * index + end, place.x, place.y, place.z);
        });
      });
      at.needsUpdate = true;
    }
    $("time").value = number;
    $("clock").textContent = shown.data.frame_rate
      ? `${seconds.toFixed(2)} s` : `${number + 1} / ${shown.data.num_frames}`;
    // Bodies wait for their photograph, so that both are of one moment.
    if (!loadPhotograph()) draw();
  }

  /* Returns whether the photograph of the frame has to be decoded first; it is drawn then. */
  function loadPhotograph() {
    if (!shown.plane) return false;
    const source = shown.data.photographs[Math.min(frame, shown.data.photographs.length - 1)];
    shown.plane.visible = Boolean(source) && $("photograph").checked;
    if (!source) return false;
    if (shown.source === source) return shown.isLoading;
    shown.source = source;
    shown.isLoading = true;
    const scene = shown;
    const end = (texture) => {
      if (shown !== scene || scene.source !== source) return;
      scene.isLoading = false;
      if (texture) {
        texture.colorSpace = THREE.SRGBColorSpace;
        if (scene.plane.material.map) scene.plane.material.map.dispose();
        scene.plane.material.map = texture;
        scene.plane.material.needsUpdate = true;
      }
      draw();
    };
    new THREE.TextureLoader().load(source, end, undefined, () => end(null));
    return true;
  }

  /* Slopes of the image's edges, x / z and y / z: left, right, top, bottom. */
  function edges() {
    const [height, width] = shown.data.size;
    const [fx, fy, cx, cy] = shown.data.camera;
    return [(-0.5 - cx) / fx, (width - 0.5 - cx) / fx, (0.5 + cy) / fy, (cy - height + 0.5) / fy];
  }

  function cameraView() {
    isCameraView = true;
    controls.enabled = false;
    camera.position.set(0, 0, 0);
    camera.rotation.set(0, 0, 0);
    camera.updateMatrixWorld(true);
    let [left, right, top, bottom] = edges();
    const aspect = $("canvas").clientWidth / $("canvas").clientHeight;
    const spare = (right - left) / (top - bottom) < aspect;
    if (spare) {
      const more = ((top - bottom) * aspect - (right - left)) / 2;
      left -= more; right += more;
    } else {
      const more = ((right - left) / aspect - (top - bottom)) / 2;
      top += more; bottom -= more;
    }
    const near = camera.near;
    camera.projectionMatrix.makePerspective(
      left * near, right * near, top * near, bottom * near, near, camera.far,
    );
    camera.projectionMatrixInverse.copy(camera.projectionMatrix).invert();
    controls.target.copy(shown.centre);
    controls.enabled = true;
    draw();
  }

  function orbitFrom(direction, up) {
    isCameraView = false;
    camera.fov = 45;
    camera.aspect = $("canvas").clientWidth / $("canvas").clientHeight;
    camera.updateProjectionMatrix();
    const half = Math.tan((camera.fov * Math.PI) / 360) * Math.min(1, camera.aspect);
    const distance = (1.15 * shown.radius) / half;
    camera.up.copy(up);
    camera.position.copy(shown.centre).addScaledVector(direction, distance);
    controls.target.copy(shown.centre);
    controls.update();
    draw();
  }

  function leaveCameraView() {
    if (!isCameraView) return;
    isCameraView = false;
    const [, , top, bottom] = edges();
    camera.fov = (2 * Math.atan(Math.max(top, -bottom)) * 180) / Math.PI;
    camera.aspect = $("canvas").clientWidth / $("canvas").clientHeight;
    camera.updateProjectionMatrix();
  }

  function measure() {
    const box = new THREE.Box3();
    const place = new THREE.Vector3();
    let depth = 0;
    const depths = shown.data.people.map((one) => one.depth);
    const nearest = Math.max(Math.min(...depths), 1);
    for (let step = 0; step < 5; step += 1) {
      const number = Math.round((step / 4) * (shown.data.num_frames - 1));
      setFrame(number);
      for (const one of shown.people) {
        if (one.row < 0) continue;
        for (const bone of one.bones) {
          place.setFromMatrixPosition(bone.matrixWorld);
          depth = Math.max(depth, -place.z);
          if (-place.z < FAR * nearest) box.expandByPoint(place);
        }
      }
    }
    if (box.isEmpty()) {
      box.expandByPoint(new THREE.Vector3(0, 0, -3));
      depth = 3;
    }
    shown.centre = box.getCenter(new THREE.Vector3());
    shown.radius = Math.max(1, box.getSize(new THREE.Vector3()).length() / 2);
    shown.depth = BACKDROP * depth + 0.5;
  }

  function addBackdrop() {
    if (!shown.data.photographs.length) return;
    const [left, right, top, bottom] = edges().map((slope) => slope * shown.depth);
    const plane = new THREE.Mesh(
      new THREE.PlaneGeometry(right - left, top - bottom),
      new THREE.MeshBasicMaterial({ side: THREE.DoubleSide, toneMapped: false }),
    );
    plane.position.set((left + right) / 2, (top + bottom) / 2, -shown.depth);
    shown.plane = plane;
    shown.group.add(plane);
  }

  function addFloor() {
    let lowest = Infinity;
    const place = new THREE.Vector3();
    const isNear = (one) => one.entry.depth < FAR * Math.min(...shown.data.people.map((p) => p.depth));
    for (const one of shown.people.filter(isNear)) {
      for (const bone of one.bones) {
        lowest = Math.min(lowest, place.setFromMatrixPosition(bone.matrixWorld).y);
      }
    }
    if (!Number.isFinite(lowest)) return;
    const size = 2 * Math.ceil(shown.radius + 1);
    const grid = new THREE.GridHelper(size, size, 0xb9b2a8, 0xd9d5cf);
    grid.position.set(shown.centre.x, lowest - 0.05, shown.centre.z);
    shown.grid = grid;
    shown.group.add(grid);
  }

  function list(one) {
    const item = document.createElement("li");
    const label = document.createElement("label");
    const box = document.createElement("input");
    box.type = "checkbox";
    box.checked = true;
    const swatch = document.createElement("span");
    swatch.className = "swatch";
    swatch.style.background = `#${one.own.getHexString()}`;
    label.append(box, swatch, document.createTextNode(one.entry.name));
    const text = document.createElement("div");
    text.className = "figures";
    item.append(label, text);
    box.addEventListener("change", () => {
      one.isWanted = box.checked;
      setFrame(frame);
    });
    one.item = item;
    $("people").append(item);
  }

  function show(number) {
    const entry = data.scenes[number];
    stop();
    $("scenes").value = number;
    loader.parse(bytes(entry.glb), "", (model) => {
      if (shown) {
        world.remove(shown.group);
        shown.group.traverse((node) => {
          if (node.geometry) node.geometry.dispose();
          if (node.material) node.material.dispose();
        });
      }
      $("people").replaceChildren();
      const meshes = [];
      model.scene.traverse((node) => { if (node.isSkinnedMesh) meshes.push(node); });
      const group = new THREE.Group();
      group.add(model.scene);
      const people = entry.people.map((one, index) => person(one, model, meshes[index]));
      shown = {
        data: entry, people, group, plane: null, grid: null, source: null, isLoading: false,
      };
      people.forEach((one) => { group.add(one.lines); list(one); });
      world.add(group);
      $("time").max = entry.num_frames - 1;
      $("time-row").hidden = $("speed-row").hidden = entry.num_frames < 2;
      $("photograph-row").hidden = !entry.photographs.length;
      measure();
      setFrame(0);
      addBackdrop();
      addFloor();
      cameraView();
      setFrame(0);
      document.body.dataset.scene = String(number);
    }, (error) => {
      $("problem").textContent = `The bodies cannot be shown: ${error.message || error}`;
      $("problem").hidden = false;
    });
  }

  /* Frames per millisecond. */
  const pace = () => (shown.data.frame_rate * Number($("speed").value)) / 1000;

  let clock = 0; // When frame 0 was due.
  function stop() {
    isPlaying = false;
    $("play").textContent = "Play";
  }
  function start() {
    isPlaying = true;
    $("play").textContent = "Pause";
    clock = performance.now() - frame / pace();
  }
  function play(now) {
    if (!isPlaying) return;
    const number = Math.floor(Math.max(0, now - clock) * pace()) % shown.data.num_frames;
    // A slow machine leaves frames out and keeps the pace.
    if (number !== frame && !shown.isLoading) setFrame(number);
    requestAnimationFrame(play);
  }

  let isWaiting = false;
  function draw() {
    if (isWaiting) return;
    isWaiting = true;
    requestAnimationFrame(() => {
      isWaiting = false;
      if (!shown) return;
      if (shown.grid) shown.grid.visible = !isCameraView || !(shown.plane && shown.plane.visible);
      renderer.render(world, camera);
      document.body.dataset.drawn = String(Number(document.body.dataset.drawn || 0) + 1);
    });
  }

  function resize() {
    const { clientWidth: width, clientHeight: height } = $("stage");
    renderer.setSize(width, height, false);
    if (!shown) return;
    if (isCameraView) cameraView();
    else {
      camera.aspect = width / height;
      camera.updateProjectionMatrix();
      draw();
    }
  }

  const ray = new THREE.Raycaster();
  function point(event) {
    if (!shown || event.buttons) { $("hover").hidden = true; return; }
    const area = $("canvas").getBoundingClientRect();
    pointer = new THREE.Vector2(
      (2 * (event.clientX - area.left)) / area.width - 1,
      1 - (2 * (event.clientY - area.top)) / area.height,
    );
    ray.setFromCamera(pointer, camera);
    const candidates = shown.people.filter((one) => one.node.visible);
    // The ray is tried on spheres first, and a body in motion leaves its own.
    candidates.forEach((one) => one.node.computeBoundingSphere());
    const [hit] = ray.intersectObjects(candidates.map((one) => one.node), false);
    const found = hit && candidates.find((one) => one.node === hit.object);
    shown.people.forEach((one) => one.item.classList.toggle("pointed", one === found));
    $("hover").hidden = !found;
    if (!found) return;
    $("hover").textContent = [found.entry.name, figures(found)].filter(Boolean).join("\n");
    $("hover").style.left = `${Math.min(event.clientX - area.left + 14, area.width - 200)}px`;
    $("hover").style.top = `${event.clientY - area.top + 14}px`;
  }

  data.scenes.forEach((entry, index) => {
    const option = document.createElement("option");
    option.value = index;
    option.textContent = entry.name;
    $("scenes").append(option);
  });
  $("scene-row").hidden = data.scenes.length < 2;
  const turnTo = (step) => show(
    (Number($("scenes").value) + step + data.scenes.length) % data.scenes.length,
  );
  $("scenes").addEventListener("change", () => show(Number($("scenes").value)));
  $("previous").addEventListener("click", () => turnTo(-1));
  $("next").addEventListener("click", () => turnTo(1));
  $("time").addEventListener("input", () => { stop(); setFrame(Number($("time").value)); });
  $("play").addEventListener("click", () => {
    if (isPlaying) { stop(); return; }
    start();
    requestAnimationFrame(play);
  });
  $("speed").addEventListener("input", () => { if (isPlaying) start(); });
  const UP = new THREE.Vector3(0, 1, 0);
  $("camera").addEventListener("click", () => { camera.up.copy(UP); cameraView(); });
  $("side").addEventListener("click", () => orbitFrom(new THREE.Vector3(1, 0, 0), UP));
  $("top").addEventListener("click", () => orbitFrom(new THREE.Vector3(0, 1, 0.001), UP));
  for (const id of ["colours", "opacity", "meshes", "skeletons", "photograph"]) {
    $(id).addEventListener("input", () => setFrame(frame));
  }
  controls.addEventListener("start", leaveCameraView);
  controls.addEventListener("change", draw);
  $("canvas").addEventListener("wheel", leaveCameraView, { capture: true });
  $("canvas").addEventListener("pointermove", point);
  $("canvas").addEventListener("pointerleave", () => { $("hover").hidden = true; });
  document.addEventListener("keydown", (event) => {
    if (event.target.tagName === "SELECT" || event.target.tagName === "INPUT" || !shown) return;
    if (event.key === " ") { event.preventDefault(); $("play").click(); }
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (step && shown.data.num_frames > 1) {
      stop();
      setFrame((frame + step + shown.data.num_frames) % shown.data.num_frames);
    }
  });
  new ResizeObserver(resize).observe($("stage"));
  if (data.scenes.length) show(0);
  else {
    $("problem").textContent = "There is nobody in these results.";
    $("problem").hidden = false;
  }
})();
